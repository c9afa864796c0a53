"""Files beside a model that say more about it: labels, and what Hugging Face repositories carry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from accubench.errors import AccuBenchError
from accubench.labels import read_label_file
from accubench.models.contract import StatedFacts
from accubench.models.huggingface import config_facts, preprocessor_facts

__all__ = ["REPOSITORY_FOLDERS", "own_label_file", "sidecar_facts", "sidecar_files"]

_CONFIG, _PREPROCESSOR = "config.json", "preprocessor_config.json"
_LABEL_FILES = ("labels.txt", "synset_words.txt")
REPOSITORY_FOLDERS = ("onnx", "openvino")
"""Where repositories of Hugging Face keep exported networks; what is said about them lies one folder up."""
_LARGEST_JSON = 50_000_000  # bytes


def sidecar_files(main: Path) -> tuple[Path, ...]:
    """The files beside a model's main file that are read with it, in the order in which they are believed.

    ``<model>.labels.txt`` comes first, because somebody made it for this very model.
    A main file in one of `REPOSITORY_FOLDERS` also finds files one folder up.
    """
    folders = [main.parent, main.parent.parent] if main.parent.name in REPOSITORY_FOLDERS else [main.parent]
    names = (own_label_file(main).name, _PREPROCESSOR, *_LABEL_FILES, _CONFIG)
    found = (next((folder / name for folder in folders if (folder / name).is_file()), None) for name in names)
    return tuple(file for file in found if file is not None)


def own_label_file(main: Path) -> Path:
    """Where labels for this model alone are looked for: ``resnet.labels.txt`` beside ``resnet.onnx``."""
    return main.with_name(f"{main.stem}.labels.txt")


def sidecar_facts(file: Path) -> StatedFacts:
    """Read one of `sidecar_files`; what cannot be read becomes a note, never an error."""
    try:
        if file.name == _CONFIG:
            return config_facts(_json_object(file), file=file.name)
        if file.name == _PREPROCESSOR:
            return preprocessor_facts(_json_object(file), file=file.name)
        return StatedFacts(class_names=read_label_file(file))
    except (AccuBenchError, OSError, ValueError, RecursionError) as error:
        return StatedFacts(notes=(f"{file.name} beside the model is ignored: {str(error).rstrip('.')}.",))


def _json_object(file: Path) -> dict[str, Any]:
    if file.stat().st_size > _LARGEST_JSON:
        raise ValueError("it is too large")
    content = json.loads(file.read_text(encoding="utf-8-sig"))
    if not isinstance(content, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - the file is wrong, not a type in the program
    return content
