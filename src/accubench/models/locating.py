"""Finding a model's files: which format, which file to open, what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from accubench.errors import BrokenModelError, ModelNotFoundError, UnknownModelFormatError, UsageError
from accubench.models import caffe_format, onnx, openvino_ir, tflite, torch_export, torchscript
from accubench.models.contract import FormatModule, read_head
from accubench.models.sidecars import sidecar_files
from accubench.models.torch_archive import torch_content

__all__ = ["FORMATS", "LocatedModel", "locate_model", "model_files", "network_files"]

FORMATS = cast("tuple[FormatModule, ...]", (openvino_ir, onnx, tflite, torch_export, torchscript, caffe_format))
"""Every format that is read, in the order in which content is asked."""

_GENERIC_SUFFIXES = {".xml", ".bin", ".prototxt", ".pt", ".pth"}
"""Other programs use these endings too: such a file of another kind is unknown, not broken."""
_ZIP_MARK = b"PK\x03\x04"
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_EXPORT_PYTORCH = "torch.onnx.export(model, torch.zeros(1, 3, 224, 224), 'model.onnx')"
_SAVE_PYTORCH = "torch.export.save(torch.export.export(model.eval(), (torch.zeros(1, 3, 224, 224),)), 'model.pt2')"
_EXPORT_TENSORFLOW = "python -m tf2onnx.convert --saved-model FOLDER --output model.onnx (or --keras model.h5)"
_EXPORTS = {
    ".pt": ("PyTorch", f"{_EXPORT_PYTORCH}; or {_SAVE_PYTORCH}"),
    ".pth": ("PyTorch", f"{_EXPORT_PYTORCH}; or {_SAVE_PYTORCH}"),
    ".ckpt": ("PyTorch or TensorFlow checkpoint", _EXPORT_PYTORCH),
    ".safetensors": ("safetensors", f"build the network in its library, load the weights, then {_EXPORT_PYTORCH}"),
    ".h5": ("Keras", _EXPORT_TENSORFLOW),
    ".hdf5": ("Keras", _EXPORT_TENSORFLOW),
    ".keras": ("Keras", "model.export('FOLDER'), then " + _EXPORT_TENSORFLOW),
    ".pb": ("TensorFlow", _EXPORT_TENSORFLOW),
    ".meta": ("TensorFlow", _EXPORT_TENSORFLOW),
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
    located = _by_content(path)
    if located is not None:
        return located
    if path.suffix.lower() == ".bin" and path.with_suffix(".xml").is_file():
        return locate_model(path.with_suffix(".xml"))
    raise _not_recognised(path)


def _by_content(path: Path) -> LocatedModel | None:
    for form in FORMATS:
        if form.sniff(path).fits:
            return LocatedModel(form, form.main_file(path))
    return None


def _not_recognised(path: Path) -> BrokenModelError | UnknownModelFormatError:
    suffix = path.suffix.lower()
    known = _no_content(path) or _pytorch_problem(path, suffix)
    if known is not None:
        return known
    expected = next((form for form in FORMATS if suffix in form.SUFFIXES and suffix not in _GENERIC_SUFFIXES), None)
    if expected is not None:
        return BrokenModelError(
            f"{path} is named like a model in {expected.TITLE} format, but it {expected.sniff(path).reason}. "
            "Fetch or export the file again."
        )
    if suffix in _EXPORTS or read_head(path, len(_ZIP_MARK)) == _ZIP_MARK:
        return _export_first(path, *_EXPORTS.get(suffix, _EXPORTS[".pt"]))
    usual = next((form for form in FORMATS if suffix in form.SUFFIXES), None)
    if usual is not None:
        return UnknownModelFormatError(f"{path} is no {usual.TITLE} model: it {usual.sniff(path).reason}.")
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
        f"Export the model first: {how}."
    )


def _only_model(folder: Path) -> LocatedModel:
    """The one model in a folder; sub-folders are not searched."""
    suffixes = {suffix for form in FORMATS for suffix in form.SUFFIXES}
    files = sorted(file for file in folder.iterdir() if file.is_file())
    mains: dict[Path, LocatedModel] = {}
    for file in files:
        if file.suffix.lower() in suffixes - {".bin", ".prototxt"}:
            located = _by_content(file)
            if located is not None:
                mains[located.main] = located
            elif file.suffix.lower() not in _GENERIC_SUFFIXES:
                raise _not_recognised(file)
    if len(mains) == 1:
        return next(iter(mains.values()))
    if mains:
        names = ", ".join(main.name for main in mains)
        raise UsageError(f"{folder} holds {len(mains)} models: {names}. Name the file of the one that is meant.")
    if (folder / "saved_model.pb").is_file():
        raise _export_first(folder, "TensorFlow SavedModel", _EXPORT_TENSORFLOW.replace("FOLDER", str(folder)))
    for file in files:
        if file.suffix.lower() in _EXPORTS:
            raise _export_first(file, *_EXPORTS[file.suffix.lower()])
    endings = ", ".join(sorted(suffixes))
    found = ", ".join(file.name for file in files[:5]) or "no files"
    raise UnknownModelFormatError(
        f"{folder} holds no model: files that end in {endings} were looked for, not in sub-folders; found were {found}"
        f"{' and others' if len(files) > 5 else ''}."
    )
