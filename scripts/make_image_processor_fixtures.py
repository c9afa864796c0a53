"""Run transformers' image processors, for the tests that compare our preprocessing with theirs.

transformers is too large to be a test dependency, so its results are committed, a few kB each.
They were made with Python 3.11, transformers 5.24.0, numpy and Pillow, without PyTorch, in an environment of its own::

    python -m venv /tmp/transformers && /tmp/transformers/bin/pip install transformers==5.24.0 pillow
    /tmp/transformers/bin/python scripts/make_image_processor_fixtures.py tests/models/fixtures

``image_processors.npz`` holds two images (``wide`` and ``tall``, height x width x colour, uint8) and, for each family
and image, what its processor makes of it (colour x height x width, float32); ``image_processors.json`` the
``preprocessor_config.json`` that each processor wrote itself.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SQUARE = {"height": 8, "width": 8}
IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "ViT": ("vit", {"size": SQUARE, "resample": 2}),
    "DeiT": ("deit", {"size": {"height": 11, "width": 11}, "crop_size": SQUARE, **IMAGENET}),
    "Beit": ("beit", {"size": SQUARE}),
    "ConvNext": ("convnext", {"size": {"shortest_edge": 8}, "crop_pct": 0.7, **IMAGENET}),
    "Levit": ("levit", {"size": {"shortest_edge": 8}, "crop_size": SQUARE}),
    "PoolFormer": ("poolformer", {"size": {"shortest_edge": 8}, "crop_size": SQUARE, "crop_pct": 0.7}),
    "EfficientNet": ("efficientnet", {"size": SQUARE, "include_top": True, **IMAGENET}),
    "MobileNetV2": ("mobilenet_v2", {"size": {"shortest_edge": 11}, "crop_size": SQUARE}),
    "MobileViT": ("mobilevit", {"size": {"shortest_edge": 11}, "crop_size": SQUARE}),
    "Bit": ("bit", {"size": {"shortest_edge": 11}, "crop_size": SQUARE}),
    "Pvt": ("pvt", {"size": SQUARE}),
}


def main(folder: Path) -> None:
    """Write the fixtures into `folder`."""
    noise = Image.fromarray(np.random.default_rng(20_261_129).integers(0, 256, (7, 9, 3)).astype(np.uint8))
    images = {"wide": np.array(noise.resize((53, 40))), "tall": np.array(noise.resize((40, 53)))}
    results, configurations = dict(images), {}
    for family, (package, options) in FAMILIES.items():
        module = importlib.import_module(f"transformers.models.{package}.image_processing_pil_{package}")
        processor = getattr(module, f"{family}ImageProcessorPil")(**options)
        configurations[family] = json.loads(processor.to_json_string())
        for name, image in images.items():
            made = processor(Image.fromarray(image), return_tensors="np")
            results[f"{family}_{name}"] = made["pixel_values"][0].astype(np.float32)
    np.savez_compressed(folder / "image_processors.npz", **results)
    (folder / "image_processors.json").write_text(json.dumps(configurations, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
