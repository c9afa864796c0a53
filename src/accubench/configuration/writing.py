"""Writing an accuracy configuration as YAML, and listing its values with their origins."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from accubench.configuration.leaves import decisive_leaves, rendered
from accubench.records.accuracy_configuration import AccuracyConfiguration, Decode, ResolvedConfiguration

__all__ = ["describe_configuration", "write_configuration"]

_RARE_RULES = ("alpha", "sixteen_bit", "cmyk", "animated")
_LONGEST_INLINE_MAP = 8


def describe_configuration(resolved: ResolvedConfiguration) -> list[tuple[str, str, str]]:
    """Every value that has an effect: path, value as YAML, origin; in the order of the steps.

    >>> from accubench.configuration.reading import parse_configuration
    >>> resolved = parse_configuration("preprocessing: [decode: {color: BGR}, crop: {size: [9, 8]}]", name="a.yaml")
    >>> describe_configuration(resolved)[6]
    ('preprocessing.1.crop.size', '[9, 8]', 'a.yaml:1')
    """
    return [
        (path, rendered(value), _one_line(resolved.origins.get(path, "default")))
        for path, value in decisive_leaves(resolved.configuration)
    ]


def write_configuration(configuration: AccuracyConfiguration | ResolvedConfiguration) -> str:
    """The configuration as YAML that reads back to an equal one.

    Every value that decides a number is written, defaults included; only the decode rules for rare pixels (alpha,
    16 bits, CMYK, animation) are left out where they are the defaults.

    Args:
        configuration: With its origins, they are written as comments, and the notes on top.

    >>> configuration = AccuracyConfiguration.model_validate({"preprocessing": [{"decode": {}}, {"crop": {"size": 8}}]})
    >>> print(write_configuration(configuration), end="")
    preprocessing:
      - decode: {color: RGB, exif: ignore}
      - crop: {size: 8, rounding: floor}
    outputs: {scores: auto}
    annotations: {offset: 0}
    metrics: {top_k: [1, 5], per_class: true, calibration_bins: 15}
    """
    resolved = configuration if isinstance(configuration, ResolvedConfiguration) else None
    plain = configuration.configuration if isinstance(configuration, ResolvedConfiguration) else configuration
    origins = {} if resolved is None else resolved.origins
    lines = [f"# {_one_line(note)}" for note in (resolved.notes if resolved else ())]
    written = [(*path.rsplit(".", 1), value) for path, value in decisive_leaves(plain) if not _left_out(path, value)]
    lines.append("preprocessing:")
    grouped = {
        section: [(name, value) for _, name, value in group]
        for section, group in groupby(written, key=lambda leaf: leaf[0])
    }
    for index, step in enumerate(plain.preprocessing):
        kind = next(iter(type(step).model_fields))
        section = f"preprocessing.{index}.{kind}"
        lines += _section(f"  - {kind}", grouped.get(section, []), section, origins)
    for section in ("outputs", "annotations", "metrics"):
        lines += _section(section, grouped.get(section, []), section, origins)
    return "\n".join(lines) + "\n"


def _left_out(path: str, value: object) -> bool:
    name = path.rpartition(".")[2]
    return name in _RARE_RULES and value == Decode.model_fields[name].default


def _section(head: str, values: list[tuple[str, Any]], section: str, origins: dict[str, str]) -> list[str]:
    """One line, or a block where a long map makes a line unreadable."""
    comment = _comment([name for name, _ in values], section, origins)
    class_map: dict[int, int] = dict(values).get("map", {})
    if len(class_map) <= _LONGEST_INLINE_MAP:
        return [f"{head}: {{{', '.join(f'{name}: {rendered(value)}' for name, value in values)}}}{comment}"]
    others = [f"  {name}: {rendered(value)}" for name, value in values if name != "map"]
    return [f"{head}:{comment}", "  map:", *(f"    {key}: {value}" for key, value in class_map.items()), *others]


def _comment(names: Iterable[str], section: str, origins: dict[str, str]) -> str:
    """The origins of a line's values, each origin once."""
    by_origin: dict[str, list[str]] = {}
    for name in names:
        if origin := origins.get(f"{section}.{name}"):
            by_origin.setdefault(_one_line(origin), []).append(name)
    if not by_origin:
        return ""
    if len(by_origin) == 1:
        return f"  # {next(iter(by_origin))}"
    return "  # " + "; ".join(f"{', '.join(named)}: {origin}" for origin, named in by_origin.items())


def _one_line(text: str) -> str:
    """Text that can stand in a comment: metadata of a model may hold line breaks, or worse."""
    return "".join(character if character.isprintable() else "?" for character in " ".join(text.split()))
