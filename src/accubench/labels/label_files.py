"""Reading files that name classes, in the forms in which they are found beside models and datasets."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from accubench.errors import LabelError
from accubench.labels.imagenet import imagenet_class_names, is_synset
from accubench.records.class_names import ClassNames

__all__ = ["read_label_file"]

LARGEST_BYTES = 64 * 1024 * 1024

_NUMBERED = re.compile(r"(\d{1,9})(?:\s*[:,]\s*|\s+)(\S.*)", re.ASCII)
_SYNSET_FIRST = re.compile(r"(n\d{8})(?:\s*[,:]\s*|\s+)(\S.*)", re.ASCII)
_FORMS = (
    "one name per line, `n01440764 tench` lines, `0 tench` lines, a JSON list of names, a JSON object of names by id, "
    "a dataset_meta.json, or a config.json with id2label"
)
_Numbered = tuple[int | None, int, str]  # line, class id, name


def read_label_file(path: Path) -> ClassNames:
    """The names of classes that a file holds, by class id.

    Read are: one name per line; lines of synset id and name (``synset_words.txt``); lines of synset ids alone; lines of
    class id and name (separated by blank, comma or colon); a JSON list; a JSON or Python dictionary of names by id, of
    ids by name, or of ``[synset, name]`` by id; Accuracy Checker's ``dataset_meta.json`` (`label_map` or `labels`);
    Hugging Face's ``config.json`` (`id2label`).  Lines that start with ``#`` are comments.

    Raises:
        LabelError: If the file cannot be read, is empty, or has a line that does not fit the others, an id twice, or
            gaps between ids; the message names file and line.
    """
    text = _text(path)
    stripped = text.lstrip()
    if stripped.startswith(("{", "[")) or path.suffix.lower() == ".json":
        names, synsets = _from_document(path, stripped)
    else:
        names, synsets = _from_lines(path, text)
    if not names:
        raise LabelError(f"{path}: there are no class names in it. Expected is {_FORMS}.")
    return ClassNames(names=tuple(names), synsets=tuple(synsets) if synsets else None, origin=path.name)


def _text(path: Path) -> str:
    """The content of the file, UTF-8 with or without a byte order mark."""
    try:
        if path.exists() and not (
            path.is_file() or path.is_dir()
        ):  # a pipe would be waited for, a device read for ever
            raise LabelError(f"{path}: this is not a file. Give a text or JSON file with the names of the classes.")
        if path.stat().st_size > LARGEST_BYTES:
            raise LabelError(f"{path}: this is too large for a label file ({path.stat().st_size:,} bytes).")
        data = path.read_bytes()
    except OSError as error:
        raise LabelError(f"{path}: the label file cannot be read: {error.strerror or error}.") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LabelError(f"{path}:{line}: this line is not UTF-8 text. Save the file as UTF-8.") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise LabelError(f"{path}:{line}: there is a zero byte in this line, so this is not a text file.")
    return text


def _from_lines(path: Path, text: str) -> tuple[list[str], list[str]]:
    """Names, and synset ids where the lines have them."""
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), start=1)]
    while lines and not lines[-1][1]:
        lines.pop()
    lines = [(number, line) for number, line in lines if not line.startswith("#")]
    if not lines:
        return [], []
    for number, line in lines:
        if not line:
            raise LabelError(f"{path}:{number}: this line is empty, so a class would have no name. Fill or delete it.")
    if is_synset(lines[0][1]):
        return _synsets_alone(path, lines)
    if _SYNSET_FIRST.fullmatch(lines[0][1]):
        return _synsets_with_names(path, lines)
    numbered = [(number, _NUMBERED.fullmatch(line)) for number, line in lines]
    first = numbered[0][1]
    if first and (int(first[1]) in {0, 1} or all(match for _, match in numbered)):
        return _numbered_lines(path, numbered), []
    return [line for _, line in lines], []


def _synsets_alone(path: Path, lines: list[tuple[int, str]]) -> tuple[list[str], list[str]]:
    for number, line in lines:
        if not is_synset(line):
            raise LabelError(f"{path}:{number}: expected a synset id such as n01440764, as in the first line.")
    synsets = [line for _, line in lines]
    _refuse_twice(path, lines, synsets)
    known = imagenet_class_names()
    assert known.synsets is not None
    words = dict(zip(known.synsets, known.names, strict=True))
    return [words.get(synset, synset) for synset in synsets], synsets


def _synsets_with_names(path: Path, lines: list[tuple[int, str]]) -> tuple[list[str], list[str]]:
    synsets: list[str] = []
    names: list[str] = []
    for number, line in lines:
        match = _SYNSET_FIRST.fullmatch(line)
        if match is None:
            raise LabelError(f"{path}:{number}: expected a synset id and a name, such as `n01440764 tench`.")
        synsets.append(match[1])
        names.append(_unquoted(match[2]))
    _refuse_twice(path, lines, synsets)
    return names, synsets


def _refuse_twice(path: Path, lines: list[tuple[int, str]], synsets: list[str]) -> None:
    seen: dict[str, int] = {}
    for (number, _), synset in zip(lines, synsets, strict=True):
        if synset in seen:
            raise LabelError(f"{path}:{number}: {synset} is in line {seen[synset]} already.")
        seen[synset] = number


def _numbered_lines(path: Path, numbered: list[tuple[int, re.Match[str] | None]]) -> list[str]:
    entries: list[_Numbered] = []
    for number, match in numbered:
        if match is None:
            raise LabelError(f"{path}:{number}: expected a class id and a name, as in the lines before.")
        entries.append((number, int(match[1]), _unquoted(match[2])))
    return _ordered(path, entries)


def _ordered(path: Path, entries: Iterable[_Numbered]) -> list[str]:
    """Names by id; every id from 0 to the last one must be there once."""
    names: dict[int, str] = {}
    lines: dict[int, int | None] = {}
    for line, class_id, name in entries:
        place = f"{path}:{line}" if line else str(path)
        if class_id in names:
            before = f" (first in line {lines[class_id]})" if lines[class_id] else ""
            raise LabelError(f"{place}: class id {class_id} is there twice{before}.")
        names[class_id] = name
        lines[class_id] = line
    if not names:
        return []
    gap = next(class_id for class_id in range(len(names) + 1) if class_id not in names)
    if gap < len(names):
        after = min(class_id for class_id in names if class_id > gap)
        place = f"{path}:{lines[after]}" if lines[after] else str(path)
        why = "Class ids start at 0" if gap == 0 else "Class ids have no gaps"
        raise LabelError(
            f"{place}: there is no class {gap} before class {after}. {why}: number the classes again, or write the "
            "names as a JSON list if these numbers are part of the names."
        )
    return [names[class_id] for class_id in range(len(names))]


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def _from_document(path: Path, text: str) -> tuple[list[str], list[str]]:
    """Names and synset ids from JSON, or from a dictionary or list written in Python."""
    document = _document(path, text)
    if isinstance(document, dict):
        for key in ("label_map", "id2label", "labels", "label2id"):
            if isinstance(document.get(key), list | dict):
                document = document[key]
                break
    if isinstance(document, list):
        return _from_list(path, document)
    if isinstance(document, dict) and document:
        return _from_dictionary(path, document)
    raise LabelError(f"{path}: there are no class names in it. Expected is {_FORMS}.")


def _document(path: Path, text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _refuse_same_key(path, pairs))
    except json.JSONDecodeError as error:
        if path.suffix.lower() == ".json":
            raise LabelError(f"{path}:{error.lineno}: this is not JSON: {error.msg}.") from error
    except (ValueError, RecursionError) as error:
        raise LabelError(f"{path}: this is nested too deeply, or has too long a number, for a label file.") from error
    try:
        return ast.literal_eval(text)
    except SyntaxError as error:
        raise LabelError(f"{path}:{error.lineno}: this is neither JSON nor a Python dictionary or list.") from error
    except (ValueError, TypeError, MemoryError, RecursionError) as error:
        raise LabelError(f"{path}: this is neither JSON nor a Python dictionary or list of names.") from error


def _refuse_same_key(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise LabelError(f"{path}: '{twice}' is there twice.")
    return document


def _from_list(path: Path, names: list[Any]) -> tuple[list[str], list[str]]:
    return _names_and_synsets(path, enumerate(names))


def _from_dictionary(path: Path, document: dict[Any, Any]) -> tuple[list[str], list[str]]:
    if all(isinstance(value, int) and not isinstance(value, bool) for value in document.values()):
        entries: list[tuple[Any, Any]] = [(class_id, name) for name, class_id in document.items()]
    else:
        entries = list(document.items())
    ids = [str(key).strip() for key, _ in entries]
    for key in ids:
        if not (key.isascii() and key.isdigit() and len(key) < 10):
            raise LabelError(f"{path}: '{key}' is not a class id. Expected is {_FORMS}.")
    ordered = _ordered_values(path, [(int(key), value) for key, (_, value) in zip(ids, entries, strict=True)])
    return _names_and_synsets(path, enumerate(ordered))


def _ordered_values(path: Path, entries: list[tuple[int, Any]]) -> list[Any]:
    positions = _ordered(path, [(None, class_id, str(place)) for place, (class_id, _) in enumerate(entries)])
    return [entries[int(place)][1] for place in positions]


def _names_and_synsets(path: Path, entries: Iterable[tuple[int, Any]]) -> tuple[list[str], list[str]]:
    """Names from text or ``[synset, name]`` pairs."""
    names: list[str] = []
    synsets: list[str] = []
    for class_id, value in entries:
        pair = value if isinstance(value, list | tuple) and len(value) == 2 else (None, value)
        synset, name = pair
        if not isinstance(name, str) or not name.strip() or not (synset is None or isinstance(synset, str)):
            raise LabelError(f"{path}: the name of class {class_id} is {json.dumps(value, default=str)}, not a text.")
        names.append(name.strip())
        if synset and is_synset(synset):
            synsets.append(synset)
    return names, synsets if len(synsets) == len(names) else []
