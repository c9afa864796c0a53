"""From plain data to a configuration, or to every problem of the file at once.

The records decide what is right. Where they refuse, each refusal becomes a finding with its place, the wrong value is
exchanged for a right one, and the records are asked again: so a wrong value hides no problem that would only show
after it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from accubench.configuration.wording import EXPECTATIONS, SECTIONS, STEPS, closest, home_of, remedy_for, shown
from accubench.configuration.yaml_source import KeyPath, Source
from accubench.errors import ConfigurationError, Finding
from accubench.records.accuracy_configuration import AccuracyConfiguration

__all__ = ["validated"]

_MOST_ROUNDS = 8
_SHORTEST: list[dict[str, Any]] = [{"decode": {}}]
_EXAMPLE_STEPS: dict[str, dict[str, Any]] = {
    "decode": {},
    "resize": {"size": 224},
    "crop": {"fraction": 1.0},
    "normalize": {},
}


def validated(source: Source) -> AccuracyConfiguration:
    """The configuration that a file describes.

    Raises:
        ConfigurationError: Anything is wrong; carries every problem, in the order of the file.
    """
    findings = list(source.findings)
    for _ in range(_MOST_ROUNDS):
        try:
            configuration = AccuracyConfiguration.model_validate(source.data)
        except ValidationError as error:
            findings += _Round(source).findings(error.errors(include_url=False))
        else:
            if not findings:
                return configuration
            break
    unique = sorted(dict.fromkeys(findings), key=lambda finding: (finding.line or 0, finding.column or 0))
    count = f"{len(unique)} problems" if len(unique) > 1 else "one problem"
    raise ConfigurationError(f"{source.name} is not a valid accuracy configuration: {count}.", unique)


class _Round:
    """One refusal of the records: names its problems, and mends the data so that the next round sees further."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Finding] = []
        self.renamed: set[KeyPath] = set()

    def findings(self, errors: Sequence[ErrorDetails]) -> list[Finding]:
        located = [(self._path(error), error) for error in errors]
        located.sort(key=lambda item: item[1]["type"] == "missing")  # an unknown key may be the missing one, misspelt
        in_values: dict[KeyPath, list[tuple[KeyPath, ErrorDetails]]] = {}
        for path, error in located:
            field = path[: _depth(path) + 1]
            if error["type"] == "extra_forbidden":
                self._unknown_key(path)
            elif error["type"] == "missing" and isinstance(field_name := error["loc"][-1], str):
                self._missing(path, field_name)  # a list that lacks items is a wrong value instead
            elif error["type"] == "unknown_step":
                self._unknown_step(path)
            elif error["type"] == "too_short" and self._at(path):
                continue  # pydantic counts the right items only; the wrong ones have errors of their own
            elif len(path) > _depth(path):
                in_values.setdefault(field, []).append((path, error))
            else:
                self._section(path, error)
        for field, members in in_values.items():
            self._value(field, members)
        return self.found

    def _path(self, error: ErrorDetails) -> KeyPath:
        """Where the data has what pydantic complains of: its own location, without the names of union members."""
        location = list(error["loc"])
        if location[:1] == ["preprocessing"] and len(location) > 2:
            del location[2]  # the tag by which the record of a step was chosen
        path: KeyPath = ()
        node = self.source.data
        for part in location:
            inside = isinstance(node, dict) and part in node
            if inside or (isinstance(node, list) and isinstance(part, int) and part < len(cast("list[Any]", node))):
                path, node = (*path, part), cast("Any", node)[part]
        return path

    def _at(self, path: KeyPath) -> Any:
        node = self.source.data
        for part in path:
            node = node[part]
        return node

    def _mend(self, path: KeyPath, value: Any) -> None:
        if path:
            self._at(path[:-1])[path[-1]] = value
        else:
            self.source.data = value

    def _report(self, code: str, message: str, path: KeyPath, remedy: str | None = None, *, key: bool = False) -> None:
        self.found.append(self.source.finding(code, message, self.source.place(path, key=key), remedy))

    def _unknown_key(self, path: KeyPath) -> None:
        """A key that its section does not have; taken for the one it resembles, if there is one."""
        key, section = str(path[-1]), path[:-1]
        record = SECTIONS[str(section[-1])] if section else AccuracyConfiguration
        offered = list(record.model_fields)
        guess = closest(key, offered)
        name = f"{section[-1]} has" if section else "At the top there is"
        message = f"{name} no key {shown(key).removeprefix('the text ')}; there are {', '.join(offered)}."
        if not section and key in STEPS:
            remedy = f"It is a step: write '- {key}: …' below 'preprocessing:'."
        elif (home := home_of(key)) and not guess:
            remedy = f"'{key}' belongs to {home}."
        else:
            remedy = f"Did you mean '{guess}'?" if guess else None
        self._report("unknown-key", message, path, remedy, key=True)
        parent = self._at(section)
        value = parent.pop(path[-1])
        if guess and guess not in parent:
            parent[guess] = value
            self.source.rename(path, guess)
            self.renamed.add((*section, guess))

    def _missing(self, section: KeyPath, field: str) -> None:
        path = (*section, field)
        if path in self.renamed:
            return
        if section:
            words, example = (
                EXPECTATIONS[f"{section[-1]}.{field}"].words,
                EXPECTATIONS[f"{section[-1]}.{field}"].example,
            )
            self._report("missing-value", f"{section[-1]} has no {field}; expected {words}.", section, key=True)
        else:
            example = _SHORTEST
            message = "There is no 'preprocessing:'; expected a list of steps that begins with '- decode: …'."
            self._report("missing-value", message, section)
        self._mend(path, example)

    def _unknown_step(self, path: KeyPath) -> None:
        """An item of the list that is no step; taken for the one it resembles, if there is one."""
        step = self._at(path)
        steps = ", ".join(STEPS)
        guess = None
        if isinstance(step, str):
            guess = closest(step, STEPS)
            remedy = f"Write '- {guess}: {{…}}'." if guess else None
            self._report("unknown-step", f"A step is {shown(step)}; expected one of {steps}.", path, remedy)
            step = {}
        elif isinstance(step, dict) and len(cast("dict[str, Any]", step)) == 1:
            key, step = next(iter(cast("dict[str, Any]", step).items()))
            guess = closest(key, STEPS)
            if guess:
                self.source.rename((*path, key), guess)
            remedy = f"Did you mean '{guess}'?" if guess else None
            message = f"There is no step {shown(key).removeprefix('the text ')}; expected one of {steps}."
            self._report("unknown-step", message, path, remedy)
        else:
            self._report("unknown-step", f"A step is {shown(step)}; expected one of {steps} with its options.", path)
        if not isinstance(step, dict) or guess is None:
            guess = guess or ("decode" if path[-1] == 0 else "crop")
            step = dict(_EXAMPLE_STEPS[guess])
        self._mend(path, {guess: _EXAMPLE_STEPS[guess] | cast("dict[str, Any]", step)})

    def _section(self, path: KeyPath, error: ErrorDetails) -> None:
        """A section that is no mapping, or whose values do not go together."""
        if error["type"] == "value_error":
            self._disagreement(path, _own_words(error))
            return
        found = self._at(path)
        if not path:
            remedy = "Put the steps below 'preprocessing:'." if isinstance(found, list) else None
            message = f"The file is {shown(found)}; expected 'preprocessing:' with a list of steps."
            self._report("wrong-value", message, path, remedy)
            self._mend(path, {"preprocessing": list(_SHORTEST)})
            return
        if path == ("preprocessing",):
            remedy = "Begin each step with '- '." if isinstance(found, dict) else None
            message = f"preprocessing is {shown(found)}; expected a list of steps that begins with '- decode: …'."
            self._report("wrong-value", message, path, remedy)
            self._mend(path, list(_SHORTEST))
            return
        name = str(path[-1])
        remedy = f"Write '{name}: {{}}' for the defaults." if found is None and name not in {"resize", "crop"} else None
        offered = ", ".join(SECTIONS[name].model_fields)
        self._report("wrong-value", f"{name} is {shown(found)}; expected its options: {offered}.", path, remedy)
        self._mend(path, dict(_EXAMPLE_STEPS.get(name, {})))

    def _disagreement(self, path: KeyPath, message: str) -> None:
        """Values that are right one by one but not together; placed at the last one that the message names."""
        if not path:
            self._order_of_steps(message)
            return
        section, name = self._at(path), str(path[-1])
        words = re.findall(r"\w+", message)
        named = [str(key) for key in section if key in words]
        if not named:
            self._report("contradiction", f"{name}: {message}.", path, key=True)
            self._mend(path, dict(_EXAMPLE_STEPS.get(name, {})))
            return
        self._report("contradiction", f"{name}: {message}.", (*path, named[-1]))
        if (name, named[-1]) == ("resize", "size"):  # the one option without a default
            section["size"] = EXPECTATIONS["resize.size"].example
        else:
            del section[named[-1]]

    def _order_of_steps(self, message: str) -> None:
        """The rule that the first step, and no other, decodes."""
        kinds = [next(iter(step)) for step in self.source.data["preprocessing"]]
        if kinds[0] != "decode":
            text = f"The first step is {kinds[0]}: {message}."
            self._report("contradiction", text, ("preprocessing", 0), "Put '- decode: {color: RGB}' before it.")
        for index, kind in enumerate(kinds):
            if kind == "decode" and index:
                self._report("contradiction", f"Step {index + 1} decodes: {message}.", ("preprocessing", index))
        self._mend(("preprocessing",), list(_SHORTEST))

    def _value(self, field: KeyPath, members: list[tuple[KeyPath, ErrorDetails]]) -> None:
        """A value, or items of it, of the wrong type or beyond its bounds."""
        section, key = str(field[-2]), str(field[-1])
        expected = EXPECTATIONS[f"{section}.{key}"]
        deepest = max(len(path) for path, _ in members)
        for path in dict.fromkeys(path for path, _ in members if len(path) == deepest):
            errors = [error for member, error in members if member == path]
            found = self._at(path)
            what = f"{section}.{key}" if path == field else f"{section}.{key}, item {shown(path[-1])},"
            if isinstance(path[-1], int) and path != field and key != "map":
                what = f"{section}.{key}, item {path[-1] + 1},"
            message = f"{what} is {shown(found)}; expected {expected.words}."
            own = next((_own_words(error) for error in errors if error["type"] == "value_error"), None)
            if own:
                message = f"{section}.{key} is {shown(found)}: {own}."
            self._report("wrong-value", message, path, remedy_for(f"{section}.{key}", found))
        self._mend(field, expected.example)


def _own_words(error: ErrorDetails) -> str:
    """The sentence that a record's own check raised."""
    return error["msg"].removeprefix("Value error, ")


def _depth(path: KeyPath) -> int:
    """How many parts of a path lead to its section: four parts name an option of a step, two one of a section."""
    return 3 if path[:1] == ("preprocessing",) else 1
