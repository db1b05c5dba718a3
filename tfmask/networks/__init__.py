"""Generators, mask networks and discriminators: no training logic."""

from tfmask.networks.attention_network import AttentionNetwork
from tfmask.networks.attention_unet import AttentionUNet
from tfmask.networks.attribute_discriminator import AttributeDiscriminator
from tfmask.networks.attribute_unet import AttributeUNet
from tfmask.networks.co_segmentation import CoSegmentation
from tfmask.networks.concatenated import (
    ConcatenatedDiscriminator,
    ConcatenatedGenerator,
)
from tfmask.networks.content_style import (
    ContentDecoder,
    ContentEncoder,
    HighwayDecoder,
)
from tfmask.networks.dense_discriminator import DenseDiscriminator
from tfmask.networks.guided_generator import GuidedGenerator
from tfmask.networks.guiding_discriminator import GuidingDiscriminator
from tfmask.networks.instance_discriminator import InstanceDiscriminator
from tfmask.networks.instance_generator import InstanceGenerator
from tfmask.networks.judgement import Judgement, judge_pair
from tfmask.networks.label_generator import LabelGenerator
from tfmask.networks.label_planes import label_planes
from tfmask.networks.multi_scale_discriminator import MultiScaleDiscriminator
from tfmask.networks.patch_discriminator import PatchDiscriminator
from tfmask.networks.resnet_generator import ResNetGenerator
from tfmask.networks.style_encoder import ImageStyleEncoder, StyleEncoder
from tfmask.networks.unet_generator import UNetGenerator

__all__ = [
    "AttentionNetwork",
    "AttentionUNet",
    "AttributeDiscriminator",
    "AttributeUNet",
    "CoSegmentation",
    "ConcatenatedDiscriminator",
    "ConcatenatedGenerator",
    "ContentDecoder",
    "ContentEncoder",
    "DenseDiscriminator",
    "HighwayDecoder",
    "GuidedGenerator",
    "GuidingDiscriminator",
    "ImageStyleEncoder",
    "InstanceDiscriminator",
    "InstanceGenerator",
    "Judgement",
    "LabelGenerator",
    "MultiScaleDiscriminator",
    "PatchDiscriminator",
    "ResNetGenerator",
    "StyleEncoder",
    "UNetGenerator",
    "label_planes",
    "judge_pair",
]
