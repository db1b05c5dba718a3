"""Layers that Keras does not have, or does not have as the papers do."""

from tfmask.layers.attention_composite import attention_composite
from tfmask.layers.attention_memory import AttentionMemory, realigned
from tfmask.layers.attention_transfer import AttentionTransfer, emphasized
from tfmask.layers.average_pooling import average_pool
from tfmask.layers.batch_norm import BatchNormalization
from tfmask.layers.blur import (
    BlurredUpsamplingConvolution,
    blur_pool,
    blur_upsample,
)
from tfmask.layers.convolution import (
    Convolution,
    TransposedConvolution,
    glorot_initializer,
    glorot_normal_initializer,
    kaiming_initializer,
    normal_initializer,
    torch_initializer,
    upsample,
    xavier_initializer,
)
from tfmask.layers.highway_adain import (
    HighwayAdaIN,
    StyleParameters,
    highway_adain,
)
from tfmask.layers.history_pool import HistoryPool
from tfmask.layers.instance_norm import InstanceNormalization
from tfmask.layers.layer_norm import LayerNormalization
from tfmask.layers.leaky_relu import leaky_relu
from tfmask.layers.modulation import (
    AdaptiveNormalization,
    LayerInstanceNormalization,
    modulated,
)
from tfmask.layers.normalization import normalization_layer, normalized
from tfmask.layers.own_masks import OwnMasks
from tfmask.layers.post_hoc_attention import post_hoc_attention
from tfmask.layers.residual_attention import ResidualAttention
from tfmask.layers.residual_block import ResidualBlock
from tfmask.layers.selective_transfer import SelectiveTransferUnit
from tfmask.layers.style_layers import StyleLayers, rectified
from tfmask.layers.upsampling import UpsamplingConvolution

__all__ = [
    "AdaptiveNormalization",
    "AttentionMemory",
    "AttentionTransfer",
    "BatchNormalization",
    "BlurredUpsamplingConvolution",
    "Convolution",
    "HighwayAdaIN",
    "HistoryPool",
    "InstanceNormalization",
    "LayerInstanceNormalization",
    "LayerNormalization",
    "OwnMasks",
    "ResidualAttention",
    "ResidualBlock",
    "SelectiveTransferUnit",
    "StyleLayers",
    "StyleParameters",
    "TransposedConvolution",
    "UpsamplingConvolution",
    "attention_composite",
    "average_pool",
    "emphasized",
    "blur_pool",
    "blur_upsample",
    "glorot_initializer",
    "glorot_normal_initializer",
    "highway_adain",
    "kaiming_initializer",
    "leaky_relu",
    "modulated",
    "normal_initializer",
    "normalization_layer",
    "normalized",
    "post_hoc_attention",
    "realigned",
    "rectified",
    "torch_initializer",
    "upsample",
    "xavier_initializer",
]
