"""Putting a configuration together value by value, each with its origin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import ValidationError

from accubench.configuration.leaves import leaves
from accubench.configuration.presets import Preset
from accubench.errors import ConfigurationError, Finding
from accubench.records.accuracy_configuration import AccuracyConfiguration, ResolvedConfiguration
from accubench.records.model import ModelDescription, ModelMetadata

__all__ = ["Draft", "Evidence", "Sourced"]


class Sourced(NamedTuple):
    """A value and where it came from."""

    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a configuration is inferred from."""

    description: ModelDescription
    metadata: ModelMetadata
    """What counts as said about the model: its own metadata, or none where a preset was asked for."""
    preset: Preset
    """Decides whatever is not said."""
    preset_origin: str
    """The origin of the preset's values."""

    def said(self, field: str) -> Sourced | None:
        """What the metadata says in a field, with its origin; None where it says nothing."""
        value = getattr(self.metadata, field)
        return None if value is None else Sourced(value, self.metadata.origins.get(field, "the model's metadata"))

    def of_preset(self, field: str) -> Sourced:
        """The preset's value of a field, with its origin."""
        return Sourced(getattr(self.preset, field), self.preset_origin)


class Draft:
    """A configuration under construction.

    >>> draft = Draft()
    >>> draft.add_step("decode", color=Sourced("BGR", "habit"))
    >>> draft.resolved().origins["preprocessing.0.decode.color"]
    'habit'
    """

    def __init__(self) -> None:
        self._steps: list[dict[str, dict[str, Any]]] = []
        self._sections: dict[str, dict[str, Any]] = {}
        self._origins: dict[str, str] = {}
        self.notes: list[str] = []

    def add_step(self, kind: str, **values: Sourced) -> None:
        """Append a step with the values given; the rest of its options keep their defaults."""
        self._note_origins(f"preprocessing.{len(self._steps)}.{kind}", values)
        self._steps.append({kind: {name: sourced.value for name, sourced in values.items()}})

    def set_section(self, section: str, **values: Sourced) -> None:
        """Set values of ``outputs``, ``annotations`` or ``metrics``."""
        self._note_origins(section, values)
        self._sections[section] = {name: sourced.value for name, sourced in values.items()}

    def _note_origins(self, path: str, values: dict[str, Sourced]) -> None:
        self._origins.update({f"{path}.{name}": sourced.origin for name, sourced in values.items()})

    def resolved(self) -> ResolvedConfiguration:
        """The configuration, with ``default`` as the origin of whatever was not given.

        Raises:
            ConfigurationError: A value is impossible; its origin is named.
        """
        try:
            configuration = AccuracyConfiguration.model_validate({"preprocessing": self._steps, **self._sections})
        except ValidationError as error:
            raise ConfigurationError(
                "What the model says of its preprocessing gives no valid accuracy configuration.",
                [self._finding(details["loc"], details["msg"]) for details in error.errors(include_url=False)],
            ) from error
        origins = {path: self._origins.get(path, "default") for path, _ in leaves(configuration)}
        return ResolvedConfiguration(configuration=configuration, origins=origins, notes=tuple(self.notes))

    def _finding(self, location: tuple[int | str, ...], problem: str) -> Finding:
        parts = [str(part) for index, part in enumerate(location) if index != 2]  # 2: the tag of the step's record
        path = ".".join(parts[:4])
        origin = self._origins.get(path)
        return Finding(
            code="impossible-value",
            message=f"{path}{f' (from {origin})' if origin else ''}: {problem.removeprefix('Value error, ')}.",
            remedy="Give an accuracy configuration with --config.",
        )
