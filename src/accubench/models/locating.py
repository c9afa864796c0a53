"""Finding a model's files: which format, which file to open, what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from accubench.errors import BrokenModelError, ModelNotFoundError, UnknownModelFormatError, UsageError
from accubench.models import caffe_format, onnx, openvino_ir, savedmodel, tflite, torch_export, torchscript
from accubench.models.contract import FormatModule, read_head
from accubench.models.sidecars import REPOSITORY_FOLDERS, sidecar_files
from accubench.models.torch_archive import torch_content

__all__ = ["FORMATS", "LocatedModel", "kept_name", "locate_model", "model_files", "network_files"]

FORMATS = cast(
    "tuple[FormatModule, ...]", (openvino_ir, savedmodel, onnx, tflite, torch_export, torchscript, caffe_format)
)
"""Every format that is read, in the order in which content is asked."""

_GENERIC_SUFFIXES = {".xml", ".bin", ".prototxt", ".pt", ".pth"}
"""Other programs use these endings too: such a file of another kind is unknown, not broken."""
_NO_CLASSIFIERS = {"openvino_tokenizer", "openvino_detokenizer"}
"""Networks that optimum writes beside a model."""
_MOST_LISTED = 12
_ZIP_MARK = b"PK\x03\x04"
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_EXPORT_PYTORCH = "torch.onnx.export(model, torch.zeros(1, 3, 224, 224), 'model.onnx')"
_SAVE_PYTORCH = "torch.export.save(torch.export.export(model.eval(), (torch.zeros(1, 3, 224, 224),)), 'model.pt2')"
_EXPORT_KERAS = "load it with keras.models.load_model, then model.export('FOLDER'), and give AccuBench that folder"
_CONVERT_GRAPH = "ovc {path} --output_model model.xml (ovc comes with OpenVINO), and give AccuBench model.xml"
_EXPORTS = {
    ".pt": ("PyTorch", f"{_EXPORT_PYTORCH}; or {_SAVE_PYTORCH}"),
    ".pth": ("PyTorch", f"{_EXPORT_PYTORCH}; or {_SAVE_PYTORCH}"),
    ".ckpt": ("PyTorch or TensorFlow checkpoint", _EXPORT_PYTORCH),
    ".safetensors": ("safetensors", f"build the network in its library, load the weights, then {_EXPORT_PYTORCH}"),
    ".h5": ("Keras", _EXPORT_KERAS),
    ".hdf5": ("Keras", _EXPORT_KERAS),
    ".keras": ("Keras", _EXPORT_KERAS),
    ".pb": ("TensorFlow graph", _CONVERT_GRAPH),
    ".meta": ("TensorFlow checkpoint", _CONVERT_GRAPH),
    ".pdmodel": ("PaddlePaddle", "paddle2onnx --model_dir FOLDER --save_file model.onnx"),
    ".mlmodel": ("Core ML", "export the network to ONNX from the library that trained it"),
    ".engine": ("TensorRT", "use the ONNX file that the engine was built from"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LocatedModel:
    """A model's format and its main file, the one to open."""

    format: FormatModule
    main: Path


def model_files(path: Path) -> tuple[Path, ...]:
    """Every file that `load_model` reads for a model: the main file, its companions, then files beside it.

    A folder with copies of exactly these files under the same names is the same model.

    Args:
        path: Any file of the model, or a folder that holds one model.

    Raises:
        ModelNotFoundError: There is nothing at `path`, or half of a pair is missing.
        UnknownModelFormatError: It is of no format that is read.
        BrokenModelError: A file that the model needs is damaged or missing.
        UnsupportedModelError: Weights lie in another folder than the model.
        UsageError: Several models could be meant.
    """
    network = network_files(path)
    return (*network, *sidecar_files(network[0]))


def network_files(path: Path) -> tuple[Path, ...]:
    """The files that hold the network itself, main file first: what its scores depend on.

    Raises:
        ModelError, UsageError: As `model_files`.
    """
    located = locate_model(path)
    return (located.main, *located.format.companions(located.main))


def kept_name(main: Path, file: Path) -> str:
    """The name by which a copy of a model's file is kept: with its folder where that is below the main file's.

    >>> kept_name(Path("m/saved_model.pb"), Path("m/variables/variables.index"))
    'variables/variables.index'
    >>> kept_name(Path("m/onnx/model.onnx"), Path("m/config.json"))
    'config.json'
    """
    return file.relative_to(main.parent).as_posix() if file.is_relative_to(main.parent) else file.name


def locate_model(path: Path) -> LocatedModel:
    """Find out what a path means.

    Raises:
        ModelNotFoundError: There is nothing at `path`, or half of a pair is missing.
        UnknownModelFormatError: It is of no format that is read.
        BrokenModelError: Name and size say that the file was one, but its content is not.
        UsageError: Several models could be meant.
    """
    if path.is_dir():
        return _only_model(path)
    if not path.is_file():
        raise ModelNotFoundError(f"There is no model file at {path}. Check the path.")
    located = _by_content(path) or _by_companion(path)
    if located is not None:
        return located
    raise _not_recognised(path)


def _by_content(path: Path) -> LocatedModel | None:
    for form in FORMATS:
        if form.sniff(path).fits:
            return LocatedModel(form, form.main_file(path))
    return None


def _by_companion(path: Path) -> LocatedModel | None:
    """The model that a file belongs to whose own content does not tell: weights of an IR, variables of a SavedModel."""
    for form in (openvino_ir, savedmodel):
        main = form.main_file(path)
        if main != path and main.is_file() and form.sniff(main).fits:
            return LocatedModel(cast("FormatModule", form), main)
    return None


def _not_recognised(path: Path) -> BrokenModelError | UnknownModelFormatError:
    suffix = path.suffix.lower()
    known = _no_content(path) or _pytorch_problem(path, suffix)
    if known is not None:
        return known
    named = [form for form in FORMATS if path.name.lower().endswith(form.SUFFIXES)]
    expected = next((form for form in named if suffix not in _GENERIC_SUFFIXES), None)
    if expected is not None:
        return BrokenModelError(
            f"{path} is named like a model in {expected.TITLE} format, but it {expected.sniff(path).reason}. "
            "Fetch or export the file again."
        )
    if suffix in _EXPORTS or read_head(path, len(_ZIP_MARK)) == _ZIP_MARK:
        return _export_first(path, *_EXPORTS.get(suffix, _EXPORTS[".pt"]))
    if named:
        return UnknownModelFormatError(f"{path} is no {named[0].TITLE} model: it {named[0].sniff(path).reason}.")
    looked = "; ".join(
        f"for {form.TITLE} ({', '.join(form.SUFFIXES)}) it {form.sniff(path).reason}" for form in FORMATS
    )
    return UnknownModelFormatError(f"{path} is of no format that AccuBench reads: {looked}.")


def _no_content(path: Path) -> BrokenModelError | None:
    """The error for a file that holds nothing of a model; None for others."""
    if path.stat().st_size == 0:
        return BrokenModelError(f"{path} is empty (0 bytes). Fetch or export the file again.")
    if read_head(path, len(_LFS_POINTER)) == _LFS_POINTER:
        return BrokenModelError(f"{path} is only Git LFS's pointer to the model. Fetch the model itself: git lfs pull.")
    return None


def _pytorch_problem(path: Path, suffix: str) -> BrokenModelError | UnknownModelFormatError | None:
    """The error for a file that PyTorch pickled, or one of its archives that is cut off; None for others."""
    content = torch_content(path)
    if content is not None and content.kind == "pickle":
        return _export_first(path, *_EXPORTS[".pt"])
    if content is None and suffix in {".pt", ".pth"} and read_head(path, len(_ZIP_MARK)) == _ZIP_MARK:
        return BrokenModelError(f"{path} is a PyTorch archive that is damaged or cut off. Fetch or export it again.")
    return None


def _export_first(path: Path, library: str, how: str) -> UnknownModelFormatError:
    return UnknownModelFormatError(
        f"{path} is a {library} file of a kind that AccuBench does not read: it does not load what may run code. "
        f"Export the model first: {how.format(path=path)}."
    )


def _only_model(folder: Path) -> LocatedModel:
    """The one model in a folder, or else in one of the sub-folders that repositories of Hugging Face have."""
    places = [folder / name for name in REPOSITORY_FOLDERS if (folder / name).is_dir()]
    mains = _models_in(folder) or [model for place in places for model in _models_in(place)]
    if not mains:
        raise _no_model(folder)
    if len(mains) > 1:
        names = [str(model.main.relative_to(folder)) for model in mains]
        more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
        raise UsageError(
            f"{folder} holds {len(names)} models: {', '.join(names[:_MOST_LISTED])}{more}. "
            f"Name the file of the one that is meant, such as {mains[0].main}."
        )
    return mains[0]


def _models_in(folder: Path) -> list[LocatedModel]:
    """All models whose main file lies in the folder itself.

    Raises:
        BrokenModelError: A file is named like a model and is none.
    """
    suffixes = tuple(suffix for form in FORMATS for suffix in form.SUFFIXES if suffix not in {".bin", ".prototxt"})
    mains: dict[Path, LocatedModel] = {}
    for file in _files_in(folder):
        if file.name.lower().endswith(suffixes) and file.stem not in _NO_CLASSIFIERS:
            located = _by_content(file)
            if located is not None:
                mains[located.main] = located
            elif file.suffix.lower() not in _GENERIC_SUFFIXES:
                raise _not_recognised(file)
    return list(mains.values())


def _files_in(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.is_file())


def _no_model(folder: Path) -> UnknownModelFormatError:
    files = _files_in(folder)
    for file in files:
        if file.suffix.lower() in _EXPORTS:
            return _export_first(file, *_EXPORTS[file.suffix.lower()])
    endings = ", ".join(sorted({suffix for form in FORMATS for suffix in form.SUFFIXES}))
    found = ", ".join(file.name for file in files[:5]) or "no files"
    return UnknownModelFormatError(
        f"{folder} holds no model: files that end in {endings} were looked for, in sub-folders only if they are called "
        f"{' or '.join(REPOSITORY_FOLDERS)}; found were {found}{' and others' if len(files) > 5 else ''}."
    )
