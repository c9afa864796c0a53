"""Reading models: one file per format, each with the verbs sniff and load."""

from __future__ import annotations

from accubench.models.loading import LoadedModel, load_model
from accubench.models.locating import model_files, network_files
from accubench.models.openvino_reading import short_reason

__all__ = ["LoadedModel", "load_model", "model_files", "network_files", "short_reason"]
