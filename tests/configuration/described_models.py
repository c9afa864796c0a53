"""Descriptions of models that need no file, and what was inferred for them in short."""

from accubench.configuration import write_configuration
from accubench.records.model import ModelDescription, ModelMetadata, Quantization, TensorDescription

UINT8 = Quantization(scale=1 / 128, zero_point=128)


def a_model(
    model_format="onnx", size_hw=(224, 224), *, channels=3, dtype="float32", quantization=None, background=False,
    graph=(), origins=None, **metadata,
):  # fmt: skip
    nhwc = model_format == "tflite"
    shape = (1, *size_hw, channels) if nhwc else (1, channels, *size_hw)
    return ModelDescription(
        format=model_format,
        inputs=(
            TensorDescription(
                name="data", shape=shape, dtype=dtype, layout="NHWC" if nhwc else "NCHW", quantization=quantization
            ),
        ),
        outputs=(TensorDescription(name="prob", shape=(1, 1000 + background), dtype="float32", layout="NC"),),
        scores_output="prob",
        class_count=1000 + background,
        score_kind="unknown",
        score_kind_reason="the graph does not say",
        background_class=background,
        background_reason="1001 outputs, the first named background" if background else "1000 outputs",
        parameters=1,
        weight_precisions={"float32": 1},
        preprocessing_in_graph=graph,
        metadata=ModelMetadata(
            **metadata, origins={field: f"metadata '{field}'" for field in metadata} if origins is None else origins
        ),
    )


def steps(resolved):
    """The preprocessing as it is written, without the origins."""
    lines = write_configuration(resolved.configuration).splitlines()
    return [line.strip(" -") for line in lines if line.startswith("  - ")]
