"""What decides what a run computes: RunConfig, the layers it describes, and the words for it."""

from core.config.applicability import USUAL_RATES, applies
from core.config.constants import CLASSES, IMAGE_SIDE, MAX_PARAMETERS, PIXELS, TRAINING_IMAGES
from core.config.layers import Layer, plan_layers
from core.config.run_config import (
    ALIASES,
    Activation,
    Architecture,
    Dataset,
    Device,
    Initialisation,
    Loss,
    Normalisation,
    Optimizer,
    Pooling,
    RunConfig,
    Schedule,
    Watch,
    field_help,
    field_source,
    field_title,
)

__all__ = [
    "ALIASES",
    "CLASSES",
    "IMAGE_SIDE",
    "MAX_PARAMETERS",
    "PIXELS",
    "TRAINING_IMAGES",
    "USUAL_RATES",
    "Activation",
    "Architecture",
    "Dataset",
    "Device",
    "Initialisation",
    "Layer",
    "Loss",
    "Normalisation",
    "Optimizer",
    "Pooling",
    "RunConfig",
    "Schedule",
    "Watch",
    "applies",
    "field_help",
    "field_source",
    "field_title",
    "plan_layers",
]
