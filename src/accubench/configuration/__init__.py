"""The accuracy configuration's YAML, schema and presets, and its inference from what a model says."""

from accubench.configuration.given import given_configuration, with_valid_labels
from accubench.configuration.inferring import infer_configuration, preset_configuration
from accubench.configuration.model_api import model_api_info
from accubench.configuration.presets import PRESETS, Preset
from accubench.configuration.reading import parse_configuration, read_configuration, read_plain_yaml
from accubench.configuration.schema import json_schema
from accubench.configuration.writing import describe_configuration, write_configuration

__all__ = [
    "PRESETS",
    "Preset",
    "describe_configuration",
    "given_configuration",
    "infer_configuration",
    "json_schema",
    "model_api_info",
    "parse_configuration",
    "preset_configuration",
    "read_configuration",
    "read_plain_yaml",
    "with_valid_labels",
    "write_configuration",
]
