"""Check an accuracy configuration against the model that it is written for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from accubench.configuration import describe_configuration, infer_configuration
from accubench.configuration.checking import check_text, placed_at
from accubench.errors import ConfigurationError, Finding
from accubench.preprocessing import Preprocessor
from accubench.records.accuracy_configuration import ResolvedConfiguration
from accubench.records.configuration_form import CheckedConfiguration, ConfiguredValue, PlacedFinding
from accubench.records.model import Model

__all__ = ["check_configuration"]

_PLACE = re.compile(r"(preprocessing[\w.]*): ")


def check_configuration(text: str, model: Model | None = None) -> CheckedConfiguration:
    """Everything that is wrong with a configuration, what it says as a form, and where its values come from.

    Args:
        text: The YAML.
        model: Where given, the steps must end in its input, and values are compared with what is inferred for it.
    """
    checked = check_text(text)
    if checked.resolved is None:
        return CheckedConfiguration(findings=checked.findings, form=checked.form, form_problem=checked.form_problem)
    return CheckedConfiguration(
        findings=() if model is None else tuple(_misfits(text, checked.resolved, model)),
        form=checked.form,
        form_problem=checked.form_problem,
        values=_values(checked.resolved, model),
        notes=checked.resolved.notes,
    )


def _misfits(text: str, resolved: ResolvedConfiguration, model: Model) -> Iterable[PlacedFinding]:
    """What keeps the steps from ending in the model's input, and outputs from being found."""
    try:
        Preprocessor(resolved.configuration, model.description.input)
    except ConfigurationError as error:
        for finding in error.findings:
            match = _PLACE.match(finding.message)
            message = finding.message[match.end() :] if match else finding.message
            message = message[:1].upper() + message[1:]
            path = match[1] if match else "preprocessing"
            yield placed_at(text, path, Finding(code=finding.code, message=message, remedy=finding.remedy))
    wanted, names = resolved.configuration.outputs.name, [output.name for output in model.description.outputs]
    if wanted is not None and wanted not in names:
        message = f"The model has no output '{wanted[:60]}'; it has {', '.join(names)}."
        yield placed_at(text, "outputs.name", Finding(code="unknown-output", message=message))


def _values(resolved: ResolvedConfiguration, model: Model | None) -> tuple[ConfiguredValue, ...]:
    proposed = {} if model is None else _proposed(model)
    return tuple(
        ConfiguredValue(path=path, value=value, origin=proposed.get((_kind_path(resolved, path), value)))
        for path, value, _ in describe_configuration(resolved)
    )


def _proposed(model: Model) -> dict[tuple[str, str], str]:
    """What is inferred for a model: origin by path and value."""
    try:
        inferred = infer_configuration(model.description)
    except ConfigurationError:  # an input of open size, or impossible metadata: nothing is proposed
        return {}
    rows = describe_configuration(inferred)
    return {(_kind_path(inferred, path), value): origin for path, value, origin in rows}


def _kind_path(resolved: ResolvedConfiguration, path: str) -> str:
    """A path that does not depend on other kinds of steps: the second resize stays the second resize."""
    first, *rest = path.split(".")
    if first != "preprocessing":
        return path
    kinds = [next(iter(type(step).model_fields)) for step in resolved.configuration.preprocessing]
    at = int(rest[0])
    return f"{kinds[at]} {kinds[:at].count(kinds[at])}.{'.'.join(rest[2:])}"
