"""All measures, in the order of their numbers in a table."""

from tfmask.evaluation.measures.answers import (
    AnswerDistances,
    AnswerFeatures,
)
from tfmask.evaluation.measures.attributes import (
    AttributeShares,
    CamMasks,
    PartChanges,
    PartMasks,
)
from tfmask.evaluation.measures.domains import TakenForTarget
from tfmask.evaluation.measures.instance_steps import StepChanges
from tfmask.evaluation.measures.instances import Outlines, Surroundings
from tfmask.evaluation.measures.masks import Changes, MaskLevel, Masks
from tfmask.evaluation.measures.partners import PartnerDistances
from tfmask.evaluation.measures.segmentation import Labels

MEASURES = (
    Masks,
    MaskLevel,
    Changes,
    PartnerDistances,
    Labels,
    AttributeShares,
    PartChanges,
    PartMasks,
    CamMasks,
    Surroundings,
    TakenForTarget,
    Outlines,
    StepChanges,
    AnswerDistances,
    AnswerFeatures,
)
