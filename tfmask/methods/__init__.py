"""Translation methods: keras models with their own training step."""

from tfmask.methods.attention_guided import AttentionGuided
from tfmask.methods.attgan import AttGAN
from tfmask.methods.cam_consistency import CamAttGAN, CamStarGAN, CamSTGAN
from tfmask.methods.cyclegan import CycleGAN
from tfmask.methods.guidegan import GuideGAN
from tfmask.methods.guidegan_paired import PairedGuideGAN
from tfmask.methods.instagan import InstaGAN
from tfmask.methods.lomit import LOMIT
from tfmask.methods.pix2pix import Pix2Pix
from tfmask.methods.segmenter import Segmenter
from tfmask.methods.stargan import StarGAN
from tfmask.methods.stgan import STGAN

METHODS = {
    "attention_guided": AttentionGuided,
    "cyclegan": CycleGAN,
    "guidegan": GuideGAN,
    "guidegan_paired": PairedGuideGAN,
    "instagan": InstaGAN,
    "lomit": LOMIT,
    "pix2pix": Pix2Pix,
    "cgan": Pix2Pix,
    "gan": Pix2Pix,
    "stargan": StarGAN,
    "attgan": AttGAN,
    "stgan": STGAN,
    "cam_stargan": CamStarGAN,
    "cam_attgan": CamAttGAN,
    "cam_stgan": CamSTGAN,
    "segmenter": Segmenter,
}

__all__ = [
    "LOMIT",
    "METHODS",
    "STGAN",
    "AttGAN",
    "AttentionGuided",
    "CamAttGAN",
    "CamSTGAN",
    "CamStarGAN",
    "CycleGAN",
    "GuideGAN",
    "InstaGAN",
    "PairedGuideGAN",
    "Pix2Pix",
    "Segmenter",
    "StarGAN",
]
