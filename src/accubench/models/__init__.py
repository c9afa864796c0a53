"""Reading models: one file per format, each with the verbs sniff and load."""

from __future__ import annotations

from accubench.models.loading import LoadedModel, load_model
from accubench.models.locating import model_files

__all__ = ["LoadedModel", "load_model", "model_files"]
