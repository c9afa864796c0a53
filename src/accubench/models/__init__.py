"""Reading models: one file per format, each with the verbs sniff and load."""

from __future__ import annotations

from accubench.models.loading import LoadedModel, load_model
from accubench.models.locating import kept_name, model_files, network_files
from accubench.models.openvino_reading import short_reason
from accubench.models.sidecars import REPOSITORY_FOLDERS

__all__ = [
    "REPOSITORY_FOLDERS",
    "LoadedModel",
    "kept_name",
    "load_model",
    "model_files",
    "network_files",
    "short_reason",
]
