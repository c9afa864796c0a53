"""The form of a model's import as it was filled in, and what it means."""

from __future__ import annotations

import re
from pathlib import Path

from accubench.errors import UsageError
from accubench.records.base import Record

__all__ = ["ModelForm", "main_file", "put_into_folders", "size_hw"]

_MAIN_SUFFIXES = (
    ".xml", ".onnx", ".tflite", "saved_model.pb", ".pt2", ".torchscript", ".pt", ".pth", ".caffemodel", ".prototxt",
    ".bin",
)  # fmt: skip
"""Of a model's files, in the order in which one is chosen to open it by."""
_SINGLE_SUFFIXES = _MAIN_SUFFIXES[:-2]
_VARIABLES = "variables"
_SIZE = re.compile(r"(\d{1,5})(?:\s*[x×]\s*(\d{1,5}))?")  # noqa: RUF001 - people copy this sign from papers


class ModelForm(Record):
    """An import as it was filled in, and what is wrong with it."""

    way: str = "upload"
    """``upload`` or ``path``: which form it is."""
    path: str = ""
    name: str = ""
    input_size: str = ""
    scores_output: str = ""
    error: str = ""

    @property
    def has_options(self) -> bool:
        """Whether one of the further fields is filled in."""
        return bool(self.name or self.input_size or self.scores_output)


def main_file(names: list[str]) -> str:
    """The file to open a model by.

    Raises:
        UsageError: Files of several models were sent.
    """
    by_suffix = sorted(
        (rank, name) for name in names for rank, suffix in enumerate(_MAIN_SUFFIXES) if name.lower().endswith(suffix)
    )
    mains = [name for _, name in by_suffix if name.lower().endswith(_SINGLE_SUFFIXES)]
    if len(mains) > 1:
        raise UsageError(f"These are {len(mains)} models: {', '.join(mains)}. Upload one after the other.")
    return by_suffix[0][1] if by_suffix else names[0]


def put_into_folders(folder: Path, names: list[str]) -> None:
    """Move the variables of a TensorFlow SavedModel to where it has them: a browser sends files without their folders.

    Args:
        folder: Where the files lie.
        names: Their names.
    """
    if "saved_model.pb" in names:
        (folder / _VARIABLES).mkdir()
        for name in names:
            if name.startswith(f"{_VARIABLES}."):
                (folder / name).rename(folder / _VARIABLES / name)


def size_hw(text: str) -> tuple[int, int] | None:
    """Height and width as people write them.

    Raises:
        UsageError: It is no size.
    """
    if not text.strip():
        return None
    found = _SIZE.fullmatch(text.strip().lower())
    height, width = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 0 < height <= 65_535 or not 0 < width <= 65_535:
        raise UsageError(f"'{text.strip()}' is no input size; expected are height x width in pixels, such as 224x224.")
    return height, width
