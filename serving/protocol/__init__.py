"""Code that clients, servers and exports share: messages, tensors, versions."""
