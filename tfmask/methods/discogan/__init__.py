"""DiscoGAN: what it is, takes and gives."""

from tfmask.methods.discogan.config import DiscoGANConfig
from tfmask.methods.discogan.presets import paper, quick
from tfmask.methods.spec import MethodSpec, arms

METHOD = MethodSpec(
    name="discogan",
    title="DiscoGAN",
    paper="Kim et al. 2017",
    config=DiscoGANConfig,
    presets=(paper, quick),
    model="tfmask.methods.discogan.method:DiscoGAN",
    data="unpaired",
    milestones={"reconstruction counts": "curriculum_epoch"},
    ablations=arms(
        "discogan",
        no_features="--method.feature-weight 0 --method.adversarial-weight 1",
    ),
)
