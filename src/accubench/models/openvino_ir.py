"""OpenVINO IR, versions 10 and 11: an XML file with the graph and a .bin file with the weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

from accubench.errors import BrokenModelError, UnsupportedModelError
from accubench.models.contract import FormatReading, read_head
from accubench.models.model_info import model_info_facts
from accubench.models.openvino_reading import read_ir_files
from accubench.models.openvino_runtime import load_openvino
from accubench.records.model import ModelFormat
from accubench.records.sniff import Sniff

if TYPE_CHECKING:
    import openvino as ov

__all__ = ["FORMAT", "SUFFIXES", "TITLE", "companions", "load", "main_file", "sniff"]

FORMAT: ModelFormat = "openvino"
TITLE = "OpenVINO IR"
SUFFIXES = (".xml", ".bin")

_OLDEST, _NEWEST = 10, 11
_LONGEST_VERSION = 9  # digits
_MODEL_INFO = ["net", "rt_info", "model_info"]
_OWN_INFO = ["net", "rt_info", "accubench"]
_PART_BYTES = 4 << 20
"""How much is parsed at once: parsers that read a few kB at a time begin a long attribute anew with each of them."""


def sniff(path: Path) -> Sniff:
    """Judge by the first element: an IR's root is ``<net ...>`` with layers below."""
    head = read_head(path)
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return Sniff(fits=False, reason="is no XML")
    outline = _Outline()
    try:
        outline.parser.Parse(head, False)
    except (expat.ExpatError, _UnwantedXmlError) as error:
        if outline.root is None:
            return Sniff(fits=False, reason=f"is no XML that can be read ({error})")
    if outline.root is None:
        return Sniff(fits=False, reason="is an XML file that ends before its first element")
    if outline.root != "net":
        return Sniff(fits=False, reason=f"is an XML file whose root is <{outline.root}>, not <net>")
    return Sniff(fits=True, reason="is an XML file whose root is <net>")


def main_file(path: Path) -> Path:
    """The XML file, also for the path of the weights."""
    return path.with_suffix(".xml") if path.suffix.lower() == ".bin" else path


def companions(path: Path) -> tuple[Path, ...]:
    """The weights: the file of the same name that ends in ``.bin``.

    Raises:
        BrokenModelError: There is no such file.
    """
    weights = path.with_suffix(".bin")
    if not weights.is_file():
        raise BrokenModelError(
            f"{path} has no weights: {weights.name} is missing beside it. An OpenVINO model is two files, .xml and "
            ".bin, with the same name in the same folder: copy both."
        )
    return (weights,)


def load(path: Path) -> FormatReading:
    """Read the IR whose XML file is `path`.

    Raises:
        BrokenModelError: The XML is cut off, or the weights are missing or too short.
        UnsupportedModelError: The IR's version is not 10 or 11, or it uses an operation that OpenVINO does not have.
    """
    (weights,) = companions(path)
    outline = _read_outline(path)
    _check_version(path, outline.version)
    model = read_ir_files(path, weights)
    facts, layout = model_info_facts(outline.model_info, origin="model_info")
    return FormatReading(
        model=model,
        facts=facts,
        stated_layout=_stated_layout(model) or layout,
        configuration_yaml=outline.own_info.get("accuracy_configuration"),
    )


class _UnwantedXmlError(Exception):
    """The XML has a document type, the door to entity tricks, which no IR needs."""


@dataclass(slots=True)
class _Outline:
    """What is wanted of the XML before OpenVINO reads it; fills itself while its parser runs."""

    root: str | None = None
    version: str | None = None
    model_info: dict[str, str] = field(default_factory=dict[str, str])
    """Values below ``rt_info/model_info``, where OpenVINO's Model API keeps what it must know."""
    own_info: dict[str, str] = field(default_factory=dict[str, str])
    """Values below ``rt_info/accubench``, which `accubench.optimization.write_network` writes."""
    _open: list[str] = field(default_factory=list[str])
    parser: expat.XMLParserType = field(init=False)

    def __post_init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._open:
            self.root, self.version = name, attributes.get("version")
        elif self._open == _MODEL_INFO and "value" in attributes:
            self.model_info[name] = attributes["value"]
        elif self._open == _OWN_INFO and "value" in attributes:
            self.own_info[name] = attributes["value"]
        self._open.append(name)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _refuse_doctype(self, *_declaration: object) -> None:
        # Entities multiply ("billion laughs") or name other files; without a document type there are none.
        raise _UnwantedXmlError("it has a document type declaration, which no OpenVINO tool writes")


def _read_outline(path: Path) -> _Outline:
    outline = _Outline()
    try:
        with path.open("rb") as file:
            while part := file.read(_PART_BYTES):
                outline.parser.Parse(part)
            outline.parser.Parse(b"", True)
    except (expat.ExpatError, _UnwantedXmlError) as error:
        raise BrokenModelError(f"{path} is damaged or cut off: {error}. Fetch or export the file again.") from error
    return outline


def _check_version(path: Path, version: str | None) -> None:
    if version is None or not version.isdecimal() or len(version) > _LONGEST_VERSION:
        raise BrokenModelError(f"{path} does not say which IR version it is (<net version=...>).")
    if int(version) < _OLDEST:
        raise UnsupportedModelError(
            f"{path} is an IR of version {version}; OpenVINO reads versions {_OLDEST} and {_NEWEST} (since 2020). "
            "Convert the original model again with a current OpenVINO (ovc), or give AccuBench the original itself."
        )
    if int(version) > _NEWEST:
        raise UnsupportedModelError(
            f"{path} is an IR of version {version}, newer than the version {_NEWEST} that this OpenVINO reads. "
            "Upgrade openvino."
        )


def _stated_layout(model: ov.Model) -> str | None:
    """``NCHW`` or ``NHWC`` where the IR states at which axis its first input has the channels."""
    helpers = load_openvino().layout_helpers
    parameters = model.get_parameters()
    layout = parameters[0].layout if parameters else None
    if layout is None or not helpers.has_channels(layout):
        return None
    return {1: "NCHW", -3: "NCHW", 3: "NHWC", -1: "NHWC"}.get(helpers.channels_idx(layout))
