"""Make the tiny TensorFlow SavedModels that the tests of `accubench.models` read.

TensorFlow is far too large to be a test dependency, so its results are committed, a few kB each.
They were made with Python 3.11 and tensorflow-cpu 2.21.0, in an environment of its own::

    python -m venv /tmp/tensorflow && /tmp/tensorflow/bin/pip install tensorflow-cpu==2.21.0
    /tmp/tensorflow/bin/python scripts/make_savedmodel_fixtures.py tests/models/fixtures

All networks take 8 x 8 RGB and give 5 classes; each SavedModel is a zip of its folder's files:

- ``keras_export.zip``: ``model.export``.
- ``keras_saved.zip``: ``tf.saved_model.save`` of the same network.
- ``keras_rescaling.zip``, ``keras_normalization.zip``: with layers `Rescaling` and `Normalization` in front.
- ``module.zip``: a `tf.Module` without Keras, with uint8 input and logits.
- ``two_inputs.zip``, ``two_outputs.zip``, ``text_input.zip``: classifiers that take or give something else.
- ``other_signature.zip``: a signature called ``predict`` only.
- ``several_signatures.zip``: one called ``a_first``, whose scores are of another network, beside ``serving_default``.
- ``frozen_graph.pb``: a graph with its variables frozen in, which is no SavedModel.
- ``tiny_rescaling.tflite``, ``tiny_normalization.tflite``: the networks with those layers as TensorFlow Lite.
- ``savedmodel_scores.npz``: three images, and the scores that TensorFlow gives for them, by name of the file.
"""

from __future__ import annotations

import os
import sys
import tempfile
import zipfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import numpy as np
import tensorflow as tf
from make_tflite_fixtures import SIDE, build_network, run
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

IMAGE = tf.TensorSpec([None, SIDE, SIDE, 3], tf.float32, name="image")


def main(folder: Path) -> None:
    """Write the fixtures into `folder`."""
    generator = np.random.default_rng(20_261_129)
    images = generator.integers(0, 256, (3, SIDE, SIDE, 3)).astype(np.uint8)
    network = build_network(generator)
    layers = {
        "keras_rescaling": tf.keras.layers.Rescaling(1 / 127.5, offset=-1),
        "keras_normalization": tf.keras.layers.Normalization(mean=(120, 110, 100), variance=(3600, 3400, 3200)),
    }
    scores = {}
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch)
        network.export(str(made / "keras_export"), verbose=False)
        tf.saved_model.save(network, str(made / "keras_saved"))
        for name, layer in layers.items():
            longer = tf.keras.Sequential([tf.keras.layers.Input((SIDE, SIDE, 3), name="image"), layer, network])
            longer.export(str(made / name), verbose=False)
            content = tf.lite.TFLiteConverter.from_keras_model(longer).convert()
            file = f"tiny_{name.removeprefix('keras_')}.tflite"
            (folder / file).write_bytes(content)
            scores[file] = np.concatenate([run(content, image[None].astype(np.float32)) for image in images])
        save_modules(made, network)
        for place in sorted(made.iterdir()):
            pack(place, folder / f"{place.name}.zip")
        for name in ("keras_export", "keras_saved", *layers, "module", "several_signatures"):
            scores[name] = served(made / name, images)
    (folder / "frozen_graph.pb").write_bytes(frozen(network))
    np.savez(folder / "savedmodel_scores.npz", images=images, **scores)


def save_modules(folder: Path, network: tf.keras.Model) -> None:
    """SavedModels of functions that are no Keras models."""
    module = tf.Module()
    module.network = network
    module.kernel = tf.Variable(network.get_weights()[0])
    module.dense = tf.Variable(network.get_weights()[2])

    def logits(image: tf.Tensor) -> dict[str, tf.Tensor]:
        features = tf.nn.relu(tf.nn.conv2d(tf.cast(image, tf.float32), module.kernel, 2, "VALID"))
        return {"logits": tf.reduce_mean(features, [1, 2]) @ module.dense}

    def added(image: tf.Tensor, mask: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"scores": module.network(image + mask)}

    def with_features(image: tf.Tensor) -> dict[str, tf.Tensor]:
        scores = module.network(image)
        return {"first": scores, "second": tf.nn.softmax(scores)}

    def decoded(content: tf.Tensor) -> dict[str, tf.Tensor]:
        pixels = tf.io.decode_png(content, channels=3)
        return {"scores": module.network(tf.cast(pixels, tf.float32)[None])}

    integers = tf.TensorSpec(IMAGE.shape, tf.uint8, name="image")
    mask = tf.TensorSpec(IMAGE.shape, tf.float32, name="mask")
    text = tf.TensorSpec([], tf.string, name="content")
    save(module, folder / "module", logits, integers)
    save(module, folder / "two_inputs", added, IMAGE, mask)
    save(module, folder / "two_outputs", with_features, IMAGE)
    save(module, folder / "text_input", decoded, text)
    save(module, folder / "other_signature", lambda image: {"scores": module.network(image)}, IMAGE, key="predict")
    several = {
        "a_first": concrete(lambda image: {"scores": tf.reverse(module.network(image), [1])}, IMAGE),
        "serving_default": concrete(lambda image: {"scores": module.network(image)}, IMAGE),
    }
    tf.saved_model.save(module, str(folder / "several_signatures"), signatures=several)


def save(
    module: tf.Module, folder: Path, function: object, *inputs: tf.TensorSpec, key: str = "serving_default"
) -> None:
    """Save a module with one function as its signature."""
    tf.saved_model.save(module, str(folder), signatures={key: concrete(function, *inputs)})


def concrete(function: object, *inputs: tf.TensorSpec) -> object:
    """A function traced for inputs of these shapes and types."""
    return tf.function(function).get_concrete_function(*inputs)


def served(folder: Path, images: np.ndarray) -> np.ndarray:
    """Scores by TensorFlow, as its server would give them."""
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]
    (spec,) = signature.structured_input_signature[1].values()
    (scores,) = signature(**{spec.name: tf.cast(images, spec.dtype)}).values()
    return scores.numpy()


def frozen(network: tf.keras.Model) -> bytes:
    """The network as one GraphDef with its weights inside."""
    function = tf.function(network).get_concrete_function(IMAGE)
    return convert_variables_to_constants_v2(function).graph.as_graph_def().SerializeToString()


def pack(folder: Path, target: Path) -> None:
    """Zip a folder without times, so that only its content decides the bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.writestr(zipfile.ZipInfo(str(file.relative_to(folder))), file.read_bytes(), zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
