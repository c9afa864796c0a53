"""The 1000 classes of ILSVRC2012 ("ImageNet") in their usual order."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from accubench.records.class_names import ClassNames

__all__ = ["BACKGROUND", "imagenet_class_names", "imagenet_outputs", "is_synset", "synset_in"]

BACKGROUND = "background"
"""The name of output 0 in models with one output more than there are classes."""

_SYNSET = re.compile(r"n\d{8}", re.ASCII)
_SYNSET_IN_PATH = re.compile(r"(?<![A-Za-z0-9])n\d{8}(?!\d)", re.ASCII)


@cache
def imagenet_class_names() -> ClassNames:
    """Names and synset ids of the 1000 classes of ILSVRC2012, sorted by synset id as almost every model has them.

    Source: WordNet 3.0, see ``README.md`` beside this module.

    >>> names = imagenet_class_names()
    >>> len(names), names.name(0), names.synsets[0]
    (1000, 'tench, Tinca tinca', 'n01440764')
    """
    text = files("accubench.labels").joinpath("imagenet_2012.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()]
    synsets, names = zip(*rows, strict=True)
    return ClassNames(names=names, synsets=synsets, origin="ILSVRC2012")


@cache
def imagenet_outputs(class_count: int) -> ClassNames | None:
    """The names of a model's outputs if it is an ILSVRC2012 model by its number of outputs, or None.

    Args:
        class_count: 1000, or 1001 where output 0 is a background class; None is returned for any other number.

    >>> imagenet_outputs(1001).names[:2]
    ('background', 'tench, Tinca tinca')
    """
    names = imagenet_class_names()
    if class_count == len(names):
        return names
    if class_count == len(names) + 1:
        assert names.synsets is not None
        return ClassNames(
            names=(BACKGROUND, *names.names),
            synsets=("", *names.synsets),
            origin=f"{names.origin} after a background class",
        )
    return None


def is_synset(text: str) -> bool:
    """Whether `text` is a WordNet noun id such as ``n01440764``."""
    return _SYNSET.fullmatch(text) is not None


def synset_in(image_name: str) -> str | None:
    """The WordNet noun id that a path carries in a file or folder name, or None.

    >>> synset_in("images/n01440764_tench.JPEG")
    'n01440764'
    """
    match = _SYNSET_IN_PATH.search(image_name)
    return match.group() if match else None
