"""All measures, in the order of their numbers in a table."""

from trainers.evaluation.measures.answers import (
    AnswerDistances,
    AnswerFeatures,
)
from trainers.evaluation.measures.attributes import (
    AttributeShares,
    CamMasks,
    PartChanges,
    PartMasks,
)
from trainers.evaluation.measures.domains import TakenForTarget
from trainers.evaluation.measures.instances import Outlines, Surroundings
from trainers.evaluation.measures.labels import Labels
from trainers.evaluation.measures.masks import Changes, MaskLevel, Masks
from trainers.evaluation.measures.partners import PartnerDistances
from trainers.evaluation.measures.steps import StepChanges

MEASURES = (
    *(Masks, MaskLevel, Changes),
    *(PartnerDistances, Labels),
    *(AttributeShares, PartChanges, PartMasks, CamMasks),
    *(Surroundings, TakenForTarget, Outlines),
    *(StepChanges, AnswerDistances, AnswerFeatures),
)
