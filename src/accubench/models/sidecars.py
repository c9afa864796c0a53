"""Files beside a model that say more about it: labels, and what Hugging Face repositories carry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from accubench.configuration import read_plain_yaml
from accubench.errors import AccuBenchError, ConfigurationError
from accubench.labels import read_label_file
from accubench.models.contract import StatedFacts
from accubench.models.huggingface import config_facts, preprocessor_facts
from accubench.models.ultralytics import ultralytics_facts

__all__ = ["REPOSITORY_FOLDERS", "own_files", "sidecar_facts", "sidecar_files"]

_ULTRALYTICS, _CONFIG, _PREPROCESSOR = "metadata.yaml", "config.json", "preprocessor_config.json"
_LABEL_FILES = ("labels.txt", "synset_words.txt")
REPOSITORY_FOLDERS = ("onnx", "openvino")
"""Where repositories of Hugging Face keep exported networks; what is said about them lies one folder up."""
_LARGEST_BYTES = 50_000_000


def sidecar_files(main: Path) -> tuple[Path, ...]:
    """The files beside a model's main file that are read with it, in the order in which they are believed.

    ``<model>.labels.txt`` comes first, because somebody made it for this very model.
    A main file in one of `REPOSITORY_FOLDERS` also finds files one folder up.
    """
    folders = [main.parent, main.parent.parent] if main.parent.name in REPOSITORY_FOLDERS else [main.parent]
    names = (*own_files(main), _PREPROCESSOR, *_LABEL_FILES, _CONFIG)
    found = (next((folder / name for folder in folders if (folder / name).is_file()), None) for name in names)
    return tuple(file for file in found if file is not None)


def own_files(main: Path) -> tuple[str, ...]:
    """Names of files that were made for this model alone, and are believed before the model's own file.

    Labels are ``resnet.labels.txt`` beside ``resnet.onnx``.
    What Ultralytics writes beside an OpenVINO model says more than what it writes into it.
    """
    return (f"{main.stem}.labels.txt", _ULTRALYTICS)


def sidecar_facts(file: Path, *, input_hw: tuple[int, int] | None = None) -> StatedFacts:
    """Read one of `sidecar_files`; what cannot be read becomes a note, never an error.

    Args:
        file: The file.
        input_hw: Height and width that the model takes, where it fixes them.
    """
    try:
        if file.name == _ULTRALYTICS:
            content = _yaml_mapping(file)
            return ultralytics_facts(content, origin=file.name) if "task" in content else StatedFacts()
        if file.name == _CONFIG:
            return config_facts(_json_object(file), file=file.name, input_hw=input_hw)
        if file.name == _PREPROCESSOR:
            return preprocessor_facts(_json_object(file), file=file.name, input_hw=input_hw)
        return StatedFacts(class_names=read_label_file(file))
    except ConfigurationError as error:
        return _ignored(file, error.findings[0].message)
    except (AccuBenchError, OSError, ValueError, RecursionError) as error:
        return _ignored(file, str(error))


def _ignored(file: Path, reason: str) -> StatedFacts:
    return StatedFacts(notes=(f"{file.name} beside the model is ignored: {reason.rstrip('.')}.",))


def _yaml_mapping(file: Path) -> dict[str, Any]:
    content = read_plain_yaml(_text(file), name=file.name)
    if not isinstance(content, dict):
        raise ValueError("it is no YAML mapping")  # noqa: TRY004 - as below
    return content


def _json_object(file: Path) -> dict[str, Any]:
    content = json.loads(_text(file))
    if not isinstance(content, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - the file is wrong, not a type in the program
    return content


def _text(file: Path) -> str:
    if file.stat().st_size > _LARGEST_BYTES:
        raise ValueError("it is too large")
    return file.read_text(encoding="utf-8-sig")
