"""Options of methods and of a training run, as frozen dataclasses.

They live apart from the methods because a command that only reads options
must not import TensorFlow (3 to 5 seconds).
"""

from tfmask.configs.attention_guided import AttentionGuidedConfig
from tfmask.configs.attgan import AttGANConfig
from tfmask.configs.cam_consistency import (
    CamAttGANConfig,
    CamStarGANConfig,
    CamSTGANConfig,
)
from tfmask.configs.cyclegan import CycleGANConfig
from tfmask.configs.guidegan import GuideGANConfig, PairedGuideGANConfig
from tfmask.configs.instagan import InstaGANConfig
from tfmask.configs.lomit import LOMITConfig
from tfmask.configs.pix2pix import Pix2PixConfig
from tfmask.configs.run import (
    DataConfig,
    OptimizerConfig,
    RunConfig,
    TrainConfig,
)
from tfmask.configs.segmenter import SegmenterConfig
from tfmask.configs.stargan import StarGANConfig
from tfmask.configs.stgan import STGANConfig

METHOD_CONFIGS = {
    "attention_guided": AttentionGuidedConfig,
    "cyclegan": CycleGANConfig,
    "guidegan": GuideGANConfig,
    "guidegan_paired": PairedGuideGANConfig,
    "instagan": InstaGANConfig,
    "lomit": LOMITConfig,
    "pix2pix": Pix2PixConfig,
    "cgan": Pix2PixConfig,
    "gan": Pix2PixConfig,
    "stargan": StarGANConfig,
    "attgan": AttGANConfig,
    "stgan": STGANConfig,
    "cam_stargan": CamStarGANConfig,
    "cam_attgan": CamAttGANConfig,
    "cam_stgan": CamSTGANConfig,
    "segmenter": SegmenterConfig,
}

__all__ = [
    "METHOD_CONFIGS",
    "AttGANConfig",
    "AttentionGuidedConfig",
    "CamAttGANConfig",
    "CamSTGANConfig",
    "CamStarGANConfig",
    "CycleGANConfig",
    "DataConfig",
    "GuideGANConfig",
    "InstaGANConfig",
    "LOMITConfig",
    "OptimizerConfig",
    "PairedGuideGANConfig",
    "Pix2PixConfig",
    "RunConfig",
    "STGANConfig",
    "SegmenterConfig",
    "StarGANConfig",
    "TrainConfig",
]
