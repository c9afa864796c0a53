"""Compute what Caffe's networks give, with OpenCV 4's importer, for the tests of `accubench.models.caffe`.

OpenCV 5 and everyone else have dropped their Caffe importers, so the oracle runs in an environment of its own, which
this script makes where it is told to and keeps for the next time::

    python scripts/caffe_oracle/make_expected.py --environment /tmp/caffe_oracle [--squeezenet FOLDER]

The networks are those that the tests write (`tests/models/caffe/caffe_layers.py`, `caffe_networks.py`), with weights
and inputs drawn from seeds; only results are kept, in `tests/models/caffe/expected`, with the versions that made them.
`--squeezenet` names the folder with `squeezenet_v1.1.prototxt` and `.caffemodel`; without it their results stay as
they are.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
TESTS = HERE.parents[1] / "tests" / "models" / "caffe"
EXPECTED = TESTS / "expected"


def main() -> None:
    """Make the environment, enter it, and write the expected results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--environment", type=Path, required=True, help="folder of the virtual environment to use")
    parser.add_argument("--squeezenet", type=Path, help="folder of SqueezeNet 1.1's two Caffe files")
    arguments = parser.parse_args()
    python = arguments.environment.resolve() / "bin" / "python"
    if Path(sys.prefix).resolve() != arguments.environment.resolve():
        make_environment(arguments.environment, python)
        os.execv(python, [str(python), *sys.argv])
    sys.path.insert(0, str(TESTS))
    write_expected(arguments.squeezenet)


def make_environment(folder: Path, python: Path) -> None:
    """Create the virtual environment with the pinned oracle, unless it is there."""
    if not python.exists():
        venv.create(folder, with_pip=True)
    requirements = str(HERE / "requirements.txt")
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--requirement", requirements], check=True)


def write_expected(squeezenet: Path | None) -> None:
    """Write `layers.npz`, `networks.npz` and, where its files are given, `squeezenet.npz`."""
    from caffe_layers import layer_cases, layer_input
    from caffe_networks import INPUT_SHAPES, NETWORKS, images

    EXPECTED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        layers = {}
        for case, network in layer_cases().items():
            layers[case] = forward(*network.write(folder, case), [layer_input()])[0]
        networks = {}
        for case, build in NETWORKS.items():
            batch = images(seed=7, count=2, shape=INPUT_SHAPES[case])
            networks[case] = forward(*build().write(folder, case), batch[:, None])[:, 0]
    save("layers", layers)
    save("networks", networks)
    if squeezenet is not None:
        files = (squeezenet / f"squeezenet_v1.1.{suffix}" for suffix in ("prototxt", "caffemodel"))
        batch = images(seed=8, count=3, shape=(3, 227, 227))
        save("squeezenet", {"prob": forward(*files, batch[:, None])[:, 0]})


def forward(prototxt: Path, caffemodel: Path, batches: NDArray[np.float32] | list[NDArray[np.float32]]) -> np.ndarray:
    """Run OpenCV's import of a network on each input and stack what its last layer gives."""
    import cv2
    import numpy as np

    network = cv2.dnn.readNetFromCaffe(str(prototxt), str(caffemodel))
    results = []
    for batch in batches:
        network.setInput(batch)
        results.append(network.forward().copy())
    return np.stack(results)


def save(name: str, results: dict[str, np.ndarray]) -> None:
    """Write results with the versions that made them."""
    import cv2
    import numpy as np

    versions = {"opencv_version": cv2.__version__, "numpy_version": np.__version__, "python": platform.python_version()}
    path = EXPECTED / f"{name}.npz"
    np.savez_compressed(path, **results, **versions)
    print(f"{path.relative_to(HERE.parents[1])}: {len(results)} results, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
