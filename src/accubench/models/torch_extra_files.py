"""What the extra files inside a PyTorch archive say: the metadata of Ultralytics, our own keys, and labels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from accubench.models.contract import StatedFacts
from accubench.models.onnx_metadata import metadata_facts
from accubench.records.class_names import ClassNames

__all__ = ["extra_facts"]

_METADATA, _LABELS = "extra/config.txt", "extra/labels.txt"
_LARGEST = 4_000_000  # bytes


def extra_facts(members: Mapping[str, bytes]) -> StatedFacts:
    """Read ``config.txt`` (a JSON object; Ultralytics writes one) and ``labels.txt`` (a name a line).

    Args:
        members: Members of the archive by name.
    """
    facts, notes = StatedFacts(), []
    for name, read in ((_METADATA, _metadata), (_LABELS, _labels)):
        if name not in members:
            continue
        try:
            if len(members[name]) > _LARGEST:
                raise ValueError("it is too large")  # noqa: TRY301 - told like what json and codecs raise
            facts = read(facts, members[name].decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            notes.append(f"The extra file '{name.removeprefix('extra/')}' in the model is ignored: {error}.")
    return replace(facts, notes=(*facts.notes, *notes))


def _metadata(_before: StatedFacts, text: str) -> StatedFacts:
    content = json.loads(text)
    if not isinstance(content, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - the file is wrong, not a type in the program
    entries = {key: value if isinstance(value, str) else json.dumps(value) for key, value in content.items()}
    return metadata_facts(entries, source="config.txt in the model")


def _labels(before: StatedFacts, text: str) -> StatedFacts:
    names = tuple(line.strip() for line in text.splitlines() if line.strip())
    if before.class_names is not None or not names:
        return before
    return replace(before, class_names=ClassNames(names=names, origin="labels.txt in the model"))
