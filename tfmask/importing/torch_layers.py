"""Layers of PyTorch by the keys of a state dict."""


def convolved(state, values, key, reflect=0, **how):
    """`functional.conv2d` with the weight of a key, and its bias if it has one.

    Args:
        state: dict of key to tensor.
        values: (B, C, H, W) tensor.
        key: str, without `.weight`.
        reflect: int, pixels of a reflected border. It is added first.
        **how: arguments of `functional.conv2d`.

    Returns:
        (B, C', H', W') tensor.
    """
    from torch.nn import functional

    if reflect:
        values = functional.pad(values, [reflect] * 4, mode="reflect")
    weight, bias = state[f"{key}.weight"], state.get(f"{key}.bias")
    return functional.conv2d(values, weight, bias, **how)


def doubled(state, values, key):
    """A 3x3 ConvTranspose2d that doubles height and width; see `convolved`."""
    from torch.nn import functional

    weight, bias = state[f"{key}.weight"], state[f"{key}.bias"]
    return functional.conv_transpose2d(
        values, weight, bias, stride=2, padding=1, output_padding=1
    )


def dense(state, values, key):
    """`functional.linear` with the weight of a key, and its bias if it has one.

    Args:
        state, key: see `convolved`.
        values: (B, C) tensor.

    Returns:
        (B, C') tensor.
    """
    from torch.nn import functional

    weight, bias = state[f"{key}.weight"], state.get(f"{key}.bias")
    return functional.linear(values, weight, bias)
