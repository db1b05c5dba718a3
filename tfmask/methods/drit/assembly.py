"""Which networks a configuration of DRIT has."""

from tfmask.layers import ResidualBlock, normal_initializer
from tfmask.methods.drit.decoders import ConcatenatingDecoder, MixingDecoder
from tfmask.methods.drit.networks import (
    SLOPE,
    AttributeEncoder,
    ContentDiscriminator,
    content_layers,
)
from tfmask.networks import ImageStyleEncoder, MultiScaleDiscriminator
from tfmask.networks.resnet_parts import ResNetEncoder

DOMAINS = ("a", "b")


def new_networks(config, image_size):
    """New networks, not built.

    Args:
        config: `DRITConfig`.
        image_size: (height, width).

    Returns:
        dict of name to network. `channels_of` says what they take.

    Raises:
        UserError: the images are too small for the content discriminator.
    """
    channels = 4 * config.filters
    networks = {
        "shared_encoder": ResidualBlock(channels),
        "content_discriminator": ContentDiscriminator(
            filters=channels, strided_layers=content_layers(image_size)
        ),
    }
    if config.concat:
        networks["shared_decoder"] = ResidualBlock(channels)
    for domain in DOMAINS:
        networks[f"content_encoder_{domain}"] = ResNetEncoder(
            filters=config.filters,
            blocks=config.blocks,
            strided_padding_mode="reflect",
            first_slope=SLOPE,
        )
        networks[f"attribute_encoder_{domain}"] = _attribute_encoder(config)
        networks[f"decoder_{domain}"] = _decoder(config)
        for kind in discriminators(config):
            networks[f"{kind}_{domain}"] = MultiScaleDiscriminator(
                scales=config.discriminator_scales,
                filters=config.discriminator_filters,
                strided_layers=config.discriminator_layers,
                slope=SLOPE,
            )
    return networks


def discriminators(config):
    """Kinds of discriminators of images. Each domain has one of each kind."""
    if config.random_discriminators:
        return ("discriminator", "random_discriminator")
    return ("discriminator",)


def channels_of(config):
    """dict of a network's name to its input's channels, if they are not 3."""
    names = (
        "shared_encoder",
        "shared_decoder",
        "content_discriminator",
        *(f"decoder_{domain}" for domain in DOMAINS),
    )
    return dict.fromkeys(names, 4 * config.filters)


def _attribute_encoder(config):
    size = {"filters": config.filters, "size": config.style_size}
    if config.concat:
        return AttributeEncoder(**size)
    return ImageStyleEncoder(kernel_initializer=normal_initializer(), **size)


def _decoder(config):
    size = {
        "filters": config.filters,
        "size": config.style_size,
        "upsampling": config.upsampling,
    }
    if config.concat:
        return ConcatenatingDecoder(blocks=config.blocks, **size)
    return MixingDecoder(hidden=config.style_hidden, **size)
