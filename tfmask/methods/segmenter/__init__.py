"""Segmenter: what it is, takes and gives."""

from tfmask.methods.segmenter.config import SegmenterConfig, follow_palette
from tfmask.methods.segmenter.presets import quick
from tfmask.methods.spec import MethodSpec

METHOD = MethodSpec(
    name="segmenter",
    title="Segmenter",
    paper="",
    page="pix2pix",
    config=SegmenterConfig,
    presets=(quick,),
    model="tfmask.methods.segmenter.method:Segmenter",
    data="paired",
    follow=follow_palette,
)
