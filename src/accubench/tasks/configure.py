"""Settle the accuracy configuration for a model: given, by preset, or inferred."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accubench.configuration import (
    PRESETS,
    given_configuration,
    infer_configuration,
    preset_configuration,
    read_configuration,
)
from accubench.errors import UsageError
from accubench.records.accuracy_configuration import AccuracyConfiguration, ResolvedConfiguration
from accubench.records.model import Model
from accubench.tasks.given_paths import exists, given_path

__all__ = ["configure"]


def configure(
    model: Model, config: str | Path | Mapping[str, Any] | AccuracyConfiguration | ResolvedConfiguration | None
) -> ResolvedConfiguration:
    """The configuration that is meant, with the origin of every value.

    Args:
        model: What sizes of presets and inferred values come from.
        config: A YAML file, the name of a preset, the configuration itself, or None to infer it from the model.

    Raises:
        ConfigurationError: The file or the mapping is wrong; all problems are listed.
        UsageError: There is neither such a file nor such a preset.
    """
    if config is None:
        return infer_configuration(model.description)
    if isinstance(config, ResolvedConfiguration):
        return config
    if isinstance(config, AccuracyConfiguration | Mapping):
        return given_configuration(config)
    if str(config) in PRESETS:
        return preset_configuration(str(config), model.description)
    path = given_path(config, "configuration file")
    if not exists(path) or not path.is_file():
        raise UsageError(
            f"There is no configuration file '{config}', and no preset of that name. Presets: {', '.join(PRESETS)}."
        )
    return read_configuration(path)
