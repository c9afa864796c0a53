"""What INT8 gains and costs: SqueezeNet 1.1, quantised by AccuBench on a quarter of the images, compared on the rest.

Speed is measured with everything that the CPU can do, and again limited to AVX2, as many CPUs are: instructions for
INT8 dot products (VNNI) make the difference. Both models are measured in turns, so that what slows the machine hits
both alike.

    python benchmarks/int8_gain.py FOLDER_OF_REAL_DATA [--rounds 9]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from accubench import Workspace

CONFIGURATION = {
    "preprocessing": [
        {"decode": {"color": "BGR", "exif": "ignore"}},
        {"resize": {"size": 256, "mode": "stretch", "library": "opencv", "interpolation": "bilinear"}},
        {"crop": {"size": 227}},
        {"normalize": {"mean": [104, 117, 123]}},
    ]
}
_LIMIT = "ONEDNN_MAX_CPU_ISA"
_NAME = "int8"


def main() -> None:
    """Quantise once, then compare in a process of its own for each set of instructions."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="folder with models/squeezenet1.1 and imagenet-500")
    parser.add_argument("--rounds", type=int, default=9, help="turns of both models under each hint, a second each")
    parser.add_argument("--compare-in", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.compare_in is not None:
        print(json.dumps(_compared(asked.compare_in, asked.data, asked.rounds)))
        return
    with tempfile.TemporaryDirectory() as folder:
        _quantize(Path(folder), asked.data)
        for title, limit in (("all instructions of this CPU", None), ("limited to AVX2", "AVX2")):
            environment = os.environ | ({} if limit is None else {_LIMIT: limit})
            command = [sys.executable, __file__, str(asked.data), "--rounds", str(asked.rounds), "--compare-in", folder]
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            _show(title, json.loads(done.stdout))


def _quantize(folder: Path, data: Path) -> None:
    with Workspace(folder) as workspace:
        model = workspace.model(data / "models" / "squeezenet1.1" / "squeezenet_v1.1.prototxt")
        dataset = workspace.dataset(data / "imagenet-500")
        n = dataset.n_images // 4
        started = time.perf_counter()
        made = workspace.quantize(model, dataset, config=CONFIGURATION, subset_size=n, name=_NAME)
        seconds = time.perf_counter() - started
        sizes = f"{model.size_bytes / 1e6:.2f} MB to {made.size_bytes / 1e6:.2f} MB"
        print(f"quantised in {seconds:.0f} s, calibrated on {n} images, {sizes}")


def _compared(folder: Path, data: Path, rounds: int) -> dict[str, object]:
    with Workspace(folder) as workspace:
        report = workspace.compare(_NAME, "squeezenet_v1.1", data / "imagenet-500", speed_rounds=rounds)
        return report.record.model_dump(mode="json")


def _show(title: str, comparison: dict) -> None:
    summary = comparison["summary"]
    change, flips = summary["difference"], summary["flips"]
    points = [100 * change[bound] for bound in ("value", "low", "high")]
    print(f"\n{title}")
    print("  top-1 {:+.2f} points ({:+.2f} to {:+.2f}) on {} images".format(*points, change["n"]))
    print(f"  {flips['broken']} broken, {flips['fixed']} fixed, {flips['moved']} moved")
    for figure in comparison["speed"]["figures"]:
        ours, parents, ratio = (figure[side] for side in ("optimised", "parent", "ratio"))
        print(
            f"  {figure['figure']:18s} INT8 {ours['median']:8.2f}  FP32 {parents['median']:8.2f}  "
            f"{ratio['median']:.2f} times as fast ({ratio['low']:.2f} to {ratio['high']:.2f})"
        )


if __name__ == "__main__":
    main()
