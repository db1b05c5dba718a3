"""U-GAT-IT: what it is, takes and gives."""

from tfmask.methods.spec import MethodSpec, arms
from tfmask.methods.ugatit.config import UGATITConfig
from tfmask.methods.ugatit.presets import paper, quick

METHOD = MethodSpec(
    name="ugatit",
    title="U-GAT-IT",
    paper="Kim et al. 2020",
    config=UGATITConfig,
    presets=(paper, quick),
    model="tfmask.methods.ugatit.method:UGATIT",
    data="unpaired",
    mask_kind="attention",
    mask=(
        "The mask shows where the generator's own classifier of domains looks, "
        "stretched to [0, 1] in each image. It does not limit the change."
    ),
    ablations=arms(
        "ugatit",
        no_cam="--method.cam-weight 0",
        no_identity="--method.identity-weight 0",
        full="--method.light False",
    ),
)
