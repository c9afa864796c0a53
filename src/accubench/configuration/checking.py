"""Checking the text of an accuracy configuration for someone who is still writing it."""

from __future__ import annotations

from dataclasses import dataclass

from accubench.configuration.form_values import NoFormError, form_values
from accubench.configuration.reading import parse_configuration
from accubench.configuration.yaml_source import Source, read_source
from accubench.errors import ConfigurationError, Finding
from accubench.records.accuracy_configuration import ResolvedConfiguration
from accubench.records.configuration_form import ConfigurationForm, PlacedFinding

__all__ = ["CheckedText", "check_text", "placed_at"]

_NAME = "configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedText:
    """What a text says, as far as it can be read."""

    resolved: ResolvedConfiguration | None
    """None where there are findings."""
    findings: tuple[PlacedFinding, ...]
    form: ConfigurationForm | None
    form_problem: str | None


def check_text(text: str) -> CheckedText:
    """Read a configuration, or find every problem of it; each with its line and the value it is about.

    >>> checked = check_text("preprocessing: [decode: {color: RBG}]")
    >>> checked.findings[0].path, checked.form.steps[0].color
    ('preprocessing.0.decode.color', 'RBG')
    """
    try:
        source = read_source(text, name=_NAME)
    except ConfigurationError as error:
        findings = tuple(PlacedFinding(finding=finding) for finding in error.findings)
        return CheckedText(
            resolved=None, findings=findings, form=None, form_problem="The form shows it as soon as it is valid YAML."
        )
    form, problem = None, None
    try:
        form = form_values(source.data)
    except NoFormError as error:
        problem = str(error)
    try:
        resolved = parse_configuration(text, name=_NAME)
    except ConfigurationError as error:
        placed = tuple(_placed(source, finding) for finding in error.findings)
        return CheckedText(resolved=None, findings=placed, form=form, form_problem=problem)
    return CheckedText(resolved=resolved, findings=(), form=form, form_problem=problem)


def placed_at(text: str, path: str, finding: Finding) -> PlacedFinding:
    """A finding about a value of a text that can be read, with the line where it stands.

    Args:
        text: The YAML.
        path: The value, such as ``preprocessing.1.resize``; the nearest thing around it is taken where it is not given.
        finding: The problem.
    """
    source = read_source(text, name=_NAME)
    place = source.place(tuple(int(part) if part.isdecimal() else part for part in path.split(".")), key=True)
    return PlacedFinding(
        finding=Finding(
            code=finding.code,
            message=finding.message,
            severity=finding.severity,
            file=_NAME,
            line=place.line,
            column=place.column,
            remedy=finding.remedy,
        ),
        path=path,
    )


def _placed(source: Source, finding: Finding) -> PlacedFinding:
    """A finding of a file with the deepest value that begins where it points."""
    found = [
        path
        for places in (source.keys, source.values)
        for path, place in places.items()
        if (place.line, place.column) == (finding.line, finding.column)
    ]
    deepest = max(found, key=len, default=())
    return PlacedFinding(finding=finding, path=".".join(str(part) for part in deepest) or None)
