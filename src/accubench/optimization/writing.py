"""Writing a network down as OpenVINO IR, with what other programs and we ourselves must know to use it rightly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accubench.errors import ExportError
from accubench.models.openvino_runtime import load_openvino
from accubench.optimization.constant_names import number_constants

__all__ = ["write_network"]


def write_network(
    network: Any, path_xml: Path, *, model_info: Mapping[str, str], configuration_yaml: str | None
) -> None:
    """Write the two files of an IR: the graph at `path_xml`, the weights beside it as ``.bin``.

    Weights are written in the types that they have; nothing is rounded to half precision.
    The same network gives the same bytes.

    Args:
        network: An `openvino.Model`; it stays as it is.
        path_xml: Ends in ``.xml``; files of that name are replaced.
        model_info: Values by key as OpenVINO's Model API reads them; they replace all that the network has.
        configuration_yaml: The accuracy configuration, which is read back when the IR is imported; None for none.

    Raises:
        ExportError: The files cannot be written.
    """
    openvino = load_openvino()
    copy = network.clone()
    number_constants(copy)
    for section in ("model_info", "accubench"):
        if section in copy.rt_info:
            del copy.rt_info[section]
    for key, value in model_info.items():
        copy.set_rt_info(value, ["model_info", key])
    if configuration_yaml is not None:
        copy.set_rt_info(configuration_yaml, ["accubench", "accuracy_configuration"])
    try:
        openvino.save_model(copy, str(path_xml), compress_to_fp16=False)
    except RuntimeError as error:
        raise ExportError(f"{path_xml} cannot be written: {error}. Is there room on the disk?") from error
