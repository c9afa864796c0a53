"""Reading an accuracy configuration from YAML."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any

from accubench.configuration.cautions import cautions
from accubench.configuration.leaves import leaves
from accubench.configuration.validation import validated
from accubench.configuration.yaml_source import LARGEST_BYTES, Source, read_source
from accubench.errors import ConfigurationError, Finding
from accubench.records.accuracy_configuration import ResolvedConfiguration

__all__ = ["parse_configuration", "read_configuration", "read_plain_yaml"]


def parse_configuration(text: str, *, name: str) -> ResolvedConfiguration:
    r"""Read an accuracy configuration from YAML text.

    Args:
        text: The content of the file.
        name: The file as the user named it; messages begin with it, origins with its last part.

    Returns:
        The configuration; the origin of a given value is file and line, of any other ``default``.

    Raises:
        ConfigurationError: Anything is wrong; `findings` holds every problem with line and column.

    >>> resolved = parse_configuration("preprocessing:\n- decode: {color: BGR}\n", name="tutorial.yaml")
    >>> resolved.configuration.decode.color, resolved.origins["preprocessing.0.decode.color"]
    ('BGR', 'tutorial.yaml:2')
    """
    source = read_source(text, name=name)
    configuration = validated(source)
    origins = {path: _origin(source, path) for path, _ in leaves(configuration)}
    return ResolvedConfiguration(configuration=configuration, origins=origins, notes=cautions(configuration))


def read_configuration(path: Path) -> ResolvedConfiguration:
    """Read an accuracy configuration from a YAML file in UTF-8.

    Raises:
        ConfigurationError: The file cannot be read, or anything in it is wrong; `findings` holds every problem.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _unreadable(path, "unreadable", f"The file cannot be opened: {reason}.", None) from error
    if len(content) > LARGEST_BYTES:
        message = f"The file has more than {LARGEST_BYTES:,} bytes; expected a few lines of YAML."
        raise _unreadable(path, "too-large", message, 1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"The byte 0x{content[error.start]:02X} is not UTF-8; expected a text file."
        raise _unreadable(path, "not-utf8", message, line, "Save the file with the encoding UTF-8.") from error
    return parse_configuration(text, name=str(path))


def read_plain_yaml(text: str, *, name: str) -> Any:
    """What YAML text of another program says, as plain data; it is read under the same guards as a configuration.

    Args:
        text: The content of the file.
        name: The file, for messages.

    Raises:
        ConfigurationError: It is no YAML, too large, or uses anchors, aliases, tags or deep nesting.
    """
    return read_source(text, name=name).data


def _origin(source: Source, path: str) -> str:
    parts = tuple(int(part) if part.isdecimal() else part for part in path.split("."))
    place = source.keys.get(parts)
    return "default" if place is None else f"{PurePath(source.name).name or source.name}:{place.line}"


def _unreadable(path: Path, code: str, message: str, line: int | None, remedy: str | None = None) -> ConfigurationError:
    finding = Finding(code=code, message=message, file=str(path), line=line, remedy=remedy)
    return ConfigurationError(f"{path} cannot be read as an accuracy configuration.", [finding])
