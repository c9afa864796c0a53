"""Configurations that come from Python rather than from a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from accubench.configuration.reading import parse_configuration
from accubench.configuration.writing import write_configuration
from accubench.records.accuracy_configuration import AccuracyConfiguration, ResolvedConfiguration

__all__ = ["given_configuration"]

_DEFAULT = "default"


def given_configuration(configuration: Mapping[str, Any] | AccuracyConfiguration) -> ResolvedConfiguration:
    """Check a configuration handed over in Python, just as if it had been read from a file.

    Args:
        configuration: A record, or the mapping that a YAML file would hold.

    Raises:
        ConfigurationError: The mapping is wrong; all problems are listed.

    >>> given_configuration({"preprocessing": [{"decode": {}}]}).origins["annotations.offset"]
    'default'
    """
    if isinstance(configuration, AccuracyConfiguration):
        text = write_configuration(configuration)
    else:
        text = yaml.safe_dump(dict(configuration), sort_keys=False)
    resolved = parse_configuration(text, name="given")
    origins = {path: origin if origin == _DEFAULT else "given" for path, origin in resolved.origins.items()}
    return resolved.model_copy(update={"origins": origins})
