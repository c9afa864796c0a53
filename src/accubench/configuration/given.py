"""Configurations that come from Python rather than from a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import yaml

from accubench.configuration.reading import parse_configuration
from accubench.configuration.writing import write_configuration
from accubench.errors import ConfigurationError, Finding
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
        text = _as_yaml(configuration)
    resolved = parse_configuration(text, name="given")
    origins = {path: origin if origin == _DEFAULT else "given" for path, origin in resolved.origins.items()}
    return resolved.model_copy(update={"origins": origins})


def with_valid_labels(configuration: ResolvedConfiguration) -> ResolvedConfiguration:
    """The same configuration, scoring only classes that occur in the annotations.

    >>> given = with_valid_labels(given_configuration({"preprocessing": [{"decode": {}}]}))
    >>> given.configuration.annotations.valid_labels, given.origins["annotations.valid_labels"]
    (True, 'asked for with valid labels')
    """
    plain = configuration.configuration
    if plain.annotations.valid_labels:
        return configuration
    annotations = plain.annotations.model_copy(update={"valid_labels": True})
    origins = {**configuration.origins, "annotations.valid_labels": "asked for with valid labels"}
    return configuration.model_copy(
        update={"configuration": plain.model_copy(update={"annotations": annotations}), "origins": origins}
    )


def _as_yaml(configuration: Mapping[str, Any]) -> str:
    try:
        return yaml.safe_dump(_plain(configuration), sort_keys=False)
    except (yaml.representer.RepresenterError, RecursionError) as error:
        reason = "it contains itself" if isinstance(error, RecursionError) else f"{error.args[1]!r:.60} is no value"
        finding = Finding(code="wrong-value", message=f"The mapping cannot be read: {reason}.", file="given")
        raise ConfigurationError("given is not a valid accuracy configuration.", [finding]) from error


def _plain(value: Any) -> Any:
    """A copy without numpy's types, in which no list occurs twice: YAML would write an alias, which is not read."""
    if isinstance(value, Mapping):
        items = cast("Mapping[Any, Any]", value).items()
        return {key.tolist() if hasattr(key, "tolist") else key: _plain(item) for key, item in items}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("list[Any]", value)]
    return _plain(value.tolist()) if hasattr(value, "tolist") else value
