"""Writing networks as IR: what was put in is what is read back, by us and by OpenVINO."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from listening import Ear, scores_of

from accubench.configuration import infer_configuration, model_api_info, parse_configuration, write_configuration
from accubench.errors import ExportError
from accubench.models import load_model
from accubench.models.openvino_runtime import load_openvino
from accubench.optimization import quantize_network, write_network
from accubench.records.progress import never_cancelled
from accubench.records.quantization import QuantizationSettings
from accubench.workspace import SAMPLE_MODEL, sample_path


def written(network, path, *, model_info=None, configuration_yaml=None):
    write_network(network, path, model_info=model_info or {}, configuration_yaml=configuration_yaml)
    return load_model(path).description


def test_the_weights_of_a_quantised_network_are_stored_as_integers(network, images, tmp_path):
    result = quantize_network(network, images, settings=QuantizationSettings(), listen=Ear(), cancelled=never_cancelled)

    description = written(result, tmp_path / "int8.xml")

    assert description.weight_precisions["int8"] > 90_000
    assert (tmp_path / "int8.bin").stat().st_size < 0.3 * 4 * 94_876
    np.testing.assert_array_equal(scores_of(load_model(tmp_path / "int8.xml").model, images), scores_of(result, images))


def test_floating_point_weights_are_not_rounded(network, images, tmp_path):
    description = written(network, tmp_path / "float.xml")

    assert set(description.weight_precisions) == {"float32"}
    np.testing.assert_array_equal(
        scores_of(load_model(tmp_path / "float.xml").model, images), scores_of(network, images)
    )


def test_a_network_that_a_process_reads_again_gives_the_same_files(tmp_path):
    for name in ("first", "second"):
        write_network(
            load_model(sample_path(SAMPLE_MODEL)).model,
            tmp_path / name / "a.xml",
            model_info={},
            configuration_yaml=None,
        )

    for file in ("a.xml", "a.bin"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


def test_what_model_api_is_told_is_what_we_read_back(sample, network, tmp_path):
    text = """
    preprocessing:
      - decode: {color: RGB}
      - resize: {size: 64, mode: letterbox, fill: 114}
      - normalize: {mean: [123.675, 116.28, 103.53], scale: [58.395, 57.12, 57.375]}
    """
    configuration = parse_configuration(text, name="a.yaml").configuration
    entries = model_api_info(configuration, sample.description.class_names, layout="NCHW")

    description = written(network, tmp_path / "told.xml", model_info=entries)

    metadata = description.metadata
    assert (metadata.color, metadata.resize_mode, metadata.letterbox_fill) == ("RGB", "letterbox", 114)
    assert (metadata.mean, metadata.scale) == ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
    assert description.class_names is not None
    assert description.class_names.names == sample.description.class_names.names
    assert infer_configuration(description).configuration.preprocessing == configuration.preprocessing


def test_the_configuration_comes_back_as_it_was(sample, network, tmp_path):
    resolved = infer_configuration(sample.description)
    text = write_configuration(resolved)

    description = written(network, tmp_path / "model.xml", configuration_yaml=text)

    assert description.configuration_yaml == text
    assert parse_configuration(text, name="model.xml").configuration == resolved.configuration


@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.just("\n"), min_size=1))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_as_it_was(network, tmp_path, text):
    text = text.replace("\ufffe", "").replace("\uffff", "") or "-"  # no characters of XML

    assert written(network, tmp_path / "model.xml", configuration_yaml=text).configuration_yaml == text


def test_without_a_configuration_none_is_read(network, tmp_path):
    assert written(network, tmp_path / "model.xml").configuration_yaml is None


def test_what_the_parent_said_is_replaced_and_the_network_stays_as_it_is(network, tmp_path):
    network.set_rt_info("standard", ["model_info", "resize_type"])
    network.set_rt_info("old", ["accubench", "accuracy_configuration"])

    description = written(network, tmp_path / "model.xml", model_info={"mean_values": "1 2 3"})

    assert description.metadata.mean == (1, 2, 3)
    assert description.metadata.resize_mode is None
    assert description.configuration_yaml is None
    assert network.get_rt_info(["model_info", "resize_type"]).value == "standard"
    assert not network.has_rt_info(["model_info", "mean_values"])


def test_openvino_finds_the_entries_where_model_api_looks_for_them(network, tmp_path):
    written(network, tmp_path / "model.xml", model_info={"model_type": "Classification", "labels": "a b_c"})

    read = load_openvino().Core().read_model(tmp_path / "model.xml")
    entries = read.get_rt_info(["model_info"])
    assert entries["model_type"] == "Classification"
    assert entries["labels"] == "a b_c"


def test_a_path_that_cannot_be_is_an_error_that_names_the_file(network, tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(ExportError, match=r"file/model\.xml cannot be written"):
        write_network(network, tmp_path / "file" / "model.xml", model_info={}, configuration_yaml=None)


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files with resource")
def test_a_file_that_does_not_fit_is_an_error(tmp_path):
    code = """
import resource, signal, sys
from pathlib import Path
from accubench.errors import ExportError
from accubench.models import load_model
from accubench.optimization import write_network
from accubench.workspace import SAMPLE_MODEL, sample_path
network = load_model(sample_path(SAMPLE_MODEL)).model
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write_network(network, Path(sys.argv[1]), model_info={}, configuration_yaml=None)
except ExportError as error:
    print(error)
"""
    command = [sys.executable, "-c", code, tmp_path / "model.xml"]
    assert "model.xml cannot be written" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
