"""What every format's module takes and returns: the verbs sniff, main_file, companions and load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from accubench.records.class_names import ClassNames
from accubench.records.model import ModelFormat, ModelMetadata, Quantization
from accubench.records.sniff import Sniff

if TYPE_CHECKING:
    import openvino as ov

__all__ = ["FormatModule", "FormatReading", "StatedFacts", "read_head"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedFacts:
    """What one source, a model file or a file beside it, says of preprocessing and labels."""

    metadata: ModelMetadata = field(default_factory=ModelMetadata)
    class_names: ClassNames | None = None
    notes: tuple[str, ...] = ()
    """Sentences about what could not be understood and was therefore ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatReading:
    """A model file as its format's module read it, before shapes are resolved."""

    model: ov.Model
    facts: StatedFacts = field(default_factory=StatedFacts)
    stated_layout: str | None = None
    """Layout of the image input where the file or the format itself states it: ``NCHW`` or ``NHWC``."""
    quantization: Mapping[str, Quantization] = field(default_factory=dict[str, Quantization])
    """What the integers of an input or output mean, by any of its names."""
    configuration_yaml: str | None = None
    """The accuracy configuration that AccuBench wrote into the file, as YAML."""


class FormatModule(Protocol):
    """The face of a module that reads one format; the modules themselves are the implementations."""

    FORMAT: ModelFormat
    TITLE: str
    """The format's name in messages."""
    SUFFIXES: tuple[str, ...]
    """Usual file name endings, the main file's first, in lower case."""

    def sniff(self, path: Path) -> Sniff:
        """Judge by content whether the file is of this format; never raises for odd content."""
        ...

    def main_file(self, path: Path) -> Path:
        """The file to open, for any file of the model."""
        ...

    def companions(self, path: Path) -> tuple[Path, ...]:
        """The other files that belong to the main file `path`."""
        ...

    def load(self, path: Path) -> FormatReading:
        """Read the main file `path`."""
        ...


def read_head(path: Path, size: int = 65_536) -> bytes:
    """The first `size` bytes of a file, fewer where it is shorter."""
    with path.open("rb") as file:
        return file.read(size)
