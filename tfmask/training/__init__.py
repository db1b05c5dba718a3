"""Training: the loop, what happens around it, run folders and checkpoints."""
