"""An accuracy configuration as the controls of a form hold it: text, right or wrong.

A form keeps whatever was typed, so that a mistake can be shown where it was made.
`accubench.configuration` turns a form into YAML and YAML into a form; what is right is decided on the YAML.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from accubench.errors import Finding
from accubench.records.base import Record

__all__ = [
    "AnnotationsForm",
    "CheckedConfiguration",
    "ConfigurationForm",
    "ConfiguredValue",
    "CropForm",
    "DecodeForm",
    "MetricsForm",
    "NormalizeForm",
    "OutputsForm",
    "PlacedFinding",
    "ResizeForm",
    "StepForm",
    "WrittenConfiguration",
]

Text = Annotated[str, Field(max_length=4_000)]
LongText = Annotated[str, Field(max_length=1_000_000)]


class DecodeForm(Record):
    """Controls of the step that decodes."""

    kind: Literal["decode"] = "decode"
    color: Text = "RGB"
    exif: Text = "ignore"
    alpha: Text = "drop"
    sixteen_bit: Text = "shift"
    cmyk: Text = "convert"
    animated: Text = "first"


class ResizeForm(Record):
    """Controls of a resize."""

    kind: Literal["resize"] = "resize"
    height: Text = ""
    """Pixels; the side of a square, or the shorter side, where `width` is empty."""
    width: Text = ""
    mode: Text = "stretch"
    library: Text = "opencv"
    interpolation: Text = "bilinear"
    fill: Text = "0"


class CropForm(Record):
    """Controls of a crop."""

    kind: Literal["crop"] = "crop"
    way: Literal["size", "fraction"] = "size"
    height: Text = ""
    width: Text = ""
    fraction: Text = ""
    rounding: Text = "floor"


class NormalizeForm(Record):
    """Controls of a normalisation."""

    kind: Literal["normalize"] = "normalize"
    mean: Text = "0"
    """One number, or several with commas; ``[0.5]`` is a list of one."""
    scale: Text = "1"


StepForm = Annotated[DecodeForm | ResizeForm | CropForm | NormalizeForm, Field(discriminator="kind")]


class OutputsForm(Record):
    """Controls of how outputs are read."""

    scores: Text = "auto"
    name: Text = ""
    """Empty where none is given; text in double quotes is read as YAML reads it."""


class AnnotationsForm(Record):
    """Controls of how classes of the dataset become outputs of the model."""

    way: Literal["offset", "map", "name"] = "offset"
    offset: Text = "0"
    map: LongText = ""
    """A line ``dataset id: output`` for each class."""
    valid_labels: Text = "false"


class MetricsForm(Record):
    """Controls of what is computed."""

    top_k: Text = "1, 5"
    per_class: Text = "true"
    calibration_bins: Text = "15"


class ConfigurationForm(Record):
    """All controls, in the order of the steps."""

    steps: Annotated[tuple[StepForm, ...], Field(max_length=100)] = (DecodeForm(),)
    outputs: OutputsForm = OutputsForm()
    annotations: AnnotationsForm = AnnotationsForm()
    metrics: MetricsForm = MetricsForm()


class PlacedFinding(Record):
    """A problem of a configuration, where the text and the form have it."""

    finding: Finding
    path: str | None = None
    """The value meant, such as ``preprocessing.1.resize.size``; None where it is the text as a whole."""

    @property
    def line(self) -> int:
        """1-based line of the text."""
        return self.finding.line or 1

    @property
    def sentence(self) -> str:
        """What is wrong and what to try."""
        return f"{self.finding.message} {self.finding.remedy or ''}".strip()


class ConfiguredValue(Record):
    """A value that has an effect, and why it is what it is."""

    path: str
    value: str
    """As YAML on one line."""
    origin: str | None = None
    """Where a proposal for the model has the same value from; None where it is another value, given by a person."""


class CheckedConfiguration(Record):
    """What is found out about the text of an accuracy configuration."""

    findings: tuple[PlacedFinding, ...] = ()
    """Every problem, in the order of the text; none where the configuration can be used."""
    form: ConfigurationForm | None = None
    """The same as a form; None where a form cannot show the text."""
    form_problem: str | None = None
    """Why a form cannot show it."""
    values: tuple[ConfiguredValue, ...] = ()
    """All values, where the text can be read."""
    notes: tuple[str, ...] = ()
    """What looks like a mistake, though it is allowed."""

    @property
    def valid(self) -> bool:
        """Whether it can be used."""
        return not self.findings


class WrittenConfiguration(Record):
    """YAML that says what a form says."""

    text: str
    lost_comments: tuple[str, ...] = ()
    """Comments of the text before that the new one no longer has."""
