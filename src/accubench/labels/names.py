"""Comparing names of classes that different people wrote down."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from accubench.labels.imagenet import BACKGROUND, imagenet_outputs
from accubench.records.class_names import ClassNames, MatchedBy

__all__ = ["NameIndex", "NameMatch", "are_placeholders", "is_background", "normalized_name", "with_synsets"]

_SEPARATORS = re.compile(r"[\s_\-]+")
_COMMAS = re.compile(r" ?, ?")
_BACKGROUND_NAMES = {BACKGROUND, f"unused {BACKGROUND}", "bg", "dummy", "???"}
_PLACEHOLDER = re.compile(r"(?:label|class|output|category)? ?\d+", re.ASCII)
_NAMES_KEPT = 8192
"""Holding two lists of a thousand classes against each other asks for each of their names and synonyms ten times."""


@lru_cache(_NAMES_KEPT)
def normalized_name(text: str) -> str:
    """What is left of a name without case, accents and the choice between blank, hyphen and underscore.

    >>> normalized_name(" Crème_Brûlée,Custard-pie ")
    'creme brulee, custard pie'
    """
    # Decomposing before and after case folding is Unicode's compatibility caseless matching (section 3.13, D146).
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _COMMAS.sub(", ", _SEPARATORS.sub(" ", letters)).strip()


def are_placeholders(names: ClassNames) -> bool:
    """Whether names say no more than their number, as ``LABEL_7`` or ``7`` do.

    >>> are_placeholders(ClassNames(names=("LABEL_0", "LABEL_1"), origin="config.json"))
    True
    """
    return all(_PLACEHOLDER.fullmatch(normalized_name(name)) for name in names.names)


def is_background(name: str) -> bool:
    """Whether a label stands for everything that is none of the classes, as label files of output 0 call it.

    >>> is_background("__background__"), is_background("tench")
    (True, False)
    """
    return normalized_name(name) in _BACKGROUND_NAMES


def with_synsets(names: ClassNames) -> ClassNames:
    """The same names with the synset ids of ILSVRC2012 where they are its 1000 classes, in whatever order.

    They are when the first words of at least 95 of 100 names are those of the class at the same place: label files
    differ in spelling and in how many synonyms they write.  Other names are returned as they are.
    """
    known = imagenet_outputs(len(names))
    if names.synsets is not None or known is None:
        return names
    pairs = zip(names.names, known.names, strict=True)
    equal = sum(_first_synonym(name) == _first_synonym(other) for name, other in pairs)
    return names.model_copy(update={"synsets": known.synsets}) if equal >= 0.95 * len(names) else names


class NameMatch(NamedTuple):
    """A class that was found, and by what."""

    position: int
    by: MatchedBy


def _likeness(one: str, other: str) -> MatchedBy:
    """What two names that stand for one class have in common.

    >>> _likeness("tench", "tench"), _likeness("Great_Grey-owl", "great grey owl"), _likeness("tench", "tench, fish")
    ('exact name', 'spelling', 'first synonym')
    """
    if one.strip() == other.strip():
        return "exact name"
    if normalized_name(one) == normalized_name(other):
        return "spelling"
    return "first synonym" if _first_synonym(one) == _first_synonym(other) else "other synonym"


class NameIndex:
    """Finds the one class that a synset id or a name belongs to.

    A synset id decides before a name.  A list of synonyms is compared whole; then the first synonym (what stands before
    the first comma) counts, then any synonym.  A spelling that fits several classes, such as the bird and the machine
    *crane* or the dog and the jacket *cardigan*, fits none of them.

    >>> index = NameIndex(ClassNames(names=("cardigan, corgi", "cardigan", "tiger cat"), origin="example"))
    >>> index.find("Tiger_cat"), index.find("cardigan"), index.find("cardigan, corgi")
    (2, None, 0)
    """

    def __init__(self, class_names: ClassNames) -> None:
        self._class_names = class_names
        self._synsets = {synset: index for index, synset in enumerate(class_names.synsets or ()) if synset}
        self._by_spelling = [_unique(class_names.names, spellings) for spellings in _LEVELS]

    def match(self, name: str, synset: str | None = None) -> NameMatch | None:
        """The class that has this synset id or, failing that, this name; None if there is not one."""
        for known in (synset, name.strip()):
            if known and known in self._synsets:
                return NameMatch(self._synsets[known], "synset id")
        if synset and self._synsets:
            return None  # both sides have synset ids and they differ: equal words mean different things
        return self._match_name(name)

    def find(self, name: str, synset: str | None = None) -> int | None:
        """The position of the class that has this synset id or, failing that, this name; None if there is not one."""
        match = self.match(name, synset)
        return None if match is None else match.position

    def _match_name(self, name: str) -> NameMatch | None:
        levels = list(zip(_LEVELS, self._by_spelling, strict=True))
        for spellings, positions in levels if "," in name else levels[1:]:
            found = {position for spelling in spellings(name) if (position := positions.get(spelling)) is not None}
            if len(found) == 1:
                position = found.pop()
                return NameMatch(position, _likeness(name, self._class_names.names[position]))
        return None

    def suggestion(self, name: str) -> str | None:
        """The name that looks most like `name`, or None if none does."""
        by_first_synonym = {_first_synonym(known): known for known in self._class_names.names}
        close = difflib.get_close_matches(_first_synonym(name), by_first_synonym, n=1)
        return by_first_synonym[close[0]] if close else None


def _whole(name: str) -> tuple[str, ...]:
    return (normalized_name(name),)


def _first_synonym(name: str) -> str:
    return normalized_name(name).split(",", 1)[0]


def _first(name: str) -> tuple[str, ...]:
    return (_first_synonym(name),)


def _any(name: str) -> tuple[str, ...]:
    return tuple(normalized_name(name).split(", "))


_LEVELS: tuple[Callable[[str], tuple[str, ...]], ...] = (_whole, _first, _any)


def _unique(names: tuple[str, ...], spellings: Callable[[str], tuple[str, ...]]) -> dict[str, int]:
    """Positions by spelling, without the spellings that several names share."""
    positions: dict[str, int] = {}
    shared: set[str] = set()
    for position, name in enumerate(names):
        for spelling in set(spellings(name)) - {""}:
            if spelling in positions:
                shared.add(spelling)
            positions[spelling] = position
    return {spelling: position for spelling, position in positions.items() if spelling not in shared}
