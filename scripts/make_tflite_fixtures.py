"""Make the tiny TensorFlow Lite files that the tests of `accubench.models` read.

TensorFlow is far too large to be a test dependency, so its results are committed, a few kB each.
They were made with Python 3.11 and tensorflow-cpu 2.21.0, in an environment of its own::

    python -m venv /tmp/tensorflow && /tmp/tensorflow/bin/pip install tensorflow-cpu==2.21.0
    /tmp/tensorflow/bin/python scripts/make_tflite_fixtures.py tests/models/fixtures

- ``tiny_float.tflite``: float32, batch left open, softmax, 5 classes, 8 x 8 RGB; no metadata.
- ``tiny_uint8.tflite``: the same network quantised to 8 bits with uint8 input and output, with TFLite Metadata
  (colour, normalisation) and a label file in the zip at its end.
- ``tiny_scores.npz``: an image and the scores that TensorFlow Lite's own interpreter gives for it with both files.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import flatbuffers
import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

SIDE, CLASSES = 8, 5
LABELS = ("background", "red", "green", "blue", "grey")


def main(folder: Path) -> None:
    """Write the fixtures into `folder`."""
    generator = np.random.default_rng(20_240_501)
    images = generator.integers(0, 256, (64, SIDE, SIDE, 3)).astype(np.float32)
    network = build_network(generator)
    image = images[:1].astype(np.uint8)

    floating = tf.lite.TFLiteConverter.from_keras_model(network).convert()
    integers = add_metadata(quantize(network, images))
    (folder / "tiny_float.tflite").write_bytes(floating)
    (folder / "tiny_uint8.tflite").write_bytes(integers)
    np.savez(
        folder / "tiny_scores.npz",
        image=image,
        float_scores=run(floating, image.astype(np.float32)),
        uint8_scores=run(integers, image),
    )


def build_network(generator: np.random.Generator) -> tf.keras.Model:
    """A convolution, a global average and a dense layer with softmax; weights from `generator`."""
    network = tf.keras.Sequential(
        [
            tf.keras.layers.Input((SIDE, SIDE, 3), name="image"),
            tf.keras.layers.Conv2D(4, 3, strides=2, activation="relu"),
            tf.keras.layers.GlobalAveragePooling2D(),
            tf.keras.layers.Dense(CLASSES, activation="softmax", name="scores"),
        ]
    )
    network.set_weights([generator.normal(0, 0.05, weights.shape) for weights in network.get_weights()])
    return network


def quantize(network: tf.keras.Model, images: np.ndarray) -> bytes:
    """Full integer quantisation with uint8 at both ends."""
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[None]] for image in images)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.uint8
    return converter.convert()


def run(model: bytes, image: np.ndarray) -> np.ndarray:
    """Scores by TensorFlow Lite's interpreter."""
    interpreter = tf.lite.Interpreter(model_content=model)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def add_metadata(model: bytes) -> bytes:
    """Add the TFLite Metadata buffer, and the zip with the label file."""
    content = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(metadata_buffer(), np.uint8)
    content.buffers.append(buffer)
    entry = schema.MetadataT()
    entry.name, entry.buffer = "TFLITE_METADATA", len(content.buffers) - 1
    content.metadata = [*(content.metadata or []), entry]
    builder = flatbuffers.Builder()
    builder.Finish(content.Pack(builder), file_identifier=b"TFL3")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("labels.txt"), "\n".join(LABELS) + "\n")
    return bytes(builder.Output()) + packed.getvalue()


def metadata_buffer() -> bytes:
    """A ModelMetadata flatbuffer: RGB images, mean 127.5, deviation 127.5, labels in labels.txt."""
    builder = flatbuffers.Builder()
    mean, deviation = builder.CreateNumpyVector(np.float32([127.5])), builder.CreateNumpyVector(np.float32([127.5]))
    normalization = table(builder, 2, {0: mean, 1: deviation})
    unit = table(builder, 2, {1: normalization}, small={0: 1})
    properties = table(builder, 2, {}, small={0: 1})
    image_content = table(builder, 3, {1: properties}, small={0: 2})
    image = table(builder, 7, {3: image_content, 4: table_vector(builder, [unit])})
    label_file = table(builder, 5, {0: builder.CreateString("labels.txt")}, small={2: 2})
    scores = table(builder, 7, {6: table_vector(builder, [label_file])})
    subgraph = table(builder, 7, {2: table_vector(builder, [image]), 3: table_vector(builder, [scores])})
    root = table(builder, 8, {0: builder.CreateString("tiny"), 3: table_vector(builder, [subgraph])})
    builder.Finish(root, file_identifier=b"M001")
    return bytes(builder.Output())


def table(
    builder: flatbuffers.Builder, fields: int, offsets: dict[int, int], small: dict[int, int] | None = None
) -> int:
    """A table with `offsets` to other objects and `small` one-byte numbers, by field number."""
    builder.StartObject(fields)
    for field, offset in offsets.items():
        builder.PrependUOffsetTRelativeSlot(field, offset, 0)
    for field, value in (small or {}).items():
        builder.PrependUint8Slot(field, value, 0)
    return builder.EndObject()


def table_vector(builder: flatbuffers.Builder, tables: list[int]) -> int:
    """A vector of tables."""
    builder.StartVector(4, len(tables), 4)
    for one in reversed(tables):
        builder.PrependUOffsetTRelative(one)
    return builder.EndVector()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
