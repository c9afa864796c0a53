"""How close an evaluation comes to what the machine can do, and to how people do it today; memory; reading.

    python benchmarks/pipeline.py DATA [--rounds 7] [--only MODEL] [--skip-large] [--json FILE]

DATA holds imagenet-500 and models as in the development data. Every round measures everything once, interleaved, so
that a machine whose speed drifts moves all figures alike; medians and ratios are printed with their spread.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from int8 import quantized
from memory_and_reading import evaluate_in_a_process, reading_times_ms
from reference import Recipe, decode_only, infer_only, loader_loop, plain_loop

from accubench import Workspace
from accubench.records.progress import Progress

Result = TypeVar("Result")
TUTORIAL = {
    "preprocessing": [
        {"decode": {"color": "BGR"}},
        {"resize": {"size": 256}},
        {"crop": {"size": 227}},
        {"normalize": {"mean": [104, 117, 123]}},
    ]
}


def recipes(data: Path, scratch: Path) -> list[tuple[Recipe, object, int]]:
    """Each model with its recipe, AccuBench's configuration, and how often the 500 images are linked.

    The INT8 model is made in `scratch`, calibrated on every fifth image.
    """
    models = data / "models"
    squeezenet = Recipe(
        name="SqueezeNet 1.1 FP32",
        model=models / "squeezenet1.1" / "squeezenet1.1.onnx",
        color="BGR",
        size=227,
        resize_to=256,
        crop_fraction=None,
        mean=(104, 117, 123),
        offset=0,
    )
    mobilenet = Recipe(
        name="MobileNet v1 0.25/128 uint8",
        model=models / "coral" / "mobilenet_v1_0.25_128_quant.tflite",
        color="RGB",
        size=128,
        resize_to=128,
        crop_fraction=0.875,
        mean=None,
        offset=1,
    )
    images = sorted((data / "imagenet-500" / "images").glob("*.JPEG"))
    model = in_a_process(partial(quantized, squeezenet, images[::5], scratch))
    int8 = replace(squeezenet, name="SqueezeNet 1.1 INT8", model=model)
    return [(squeezenet, TUTORIAL, 2), (int8, TUTORIAL, 4), (mobilenet, "tf-slim", 8)]


def linked(data: Path, folder: Path, times: int) -> Path:
    """A dataset in which every one of the 500 images occurs `times` times, by symbolic link."""
    source = data / "imagenet-500"
    folder.mkdir()
    lines = []
    for line in (source / "val.txt").read_text().splitlines():
        name, label = line.split()
        for number in range(times):
            copy = f"{number:03d}_{name}"
            (folder / copy).symlink_to(source / "images" / name)
            lines.append(f"{copy} {label}\n")
    (folder / "val.txt").write_text("".join(sorted(lines)))
    return folder


def ours(scratch: Path, model: Path, dataset: Path, config: object) -> float:
    """Images per second of a fresh evaluation, storage included, from the first finished part to the last."""
    seen: list[tuple[float, int]] = []

    def listen(progress: Progress) -> None:
        if progress.total is not None:
            seen.append((time.perf_counter(), progress.done))

    with Workspace(scratch / "workspace", progress=listen) as workspace:
        workspace.evaluate(model, dataset, config=config, fresh=True)
    (started, done), (ended, total) = seen[1], seen[-1]
    return (total - done) / (ended - started)


def measure(data: Path, rounds: int, only: str | None) -> list[dict[str, object]]:
    """All figures of all models."""
    results = []
    with tempfile.TemporaryDirectory() as models:
        for case in recipes(data, Path(models)):
            if only is None or only.lower() in case[0].name.lower():
                results.append(measure_one(data, rounds, case))
                show(results[-1])
    return results


def measure_one(data: Path, rounds: int, case: tuple[Recipe, object, int]) -> dict[str, object]:
    """All figures of one model."""
    recipe, config, times = case
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        dataset = linked(data, scratch / "images", times)
        paths = sorted(dataset.glob("*.JPEG"))
        runs: dict[str, Callable[[], float]] = {
            "decode only": partial(decode_only, recipe, paths, cores),
            "infer only": partial(infer_only, recipe, len(paths)),
            "AccuBench": partial(ours, scratch, recipe.model, dataset, config),
            "plain loop": partial(plain_loop, recipe, paths[: len(paths) // 2]),
            "loader loop": partial(loader_loop, recipe, paths[: len(paths) // 2], cores),
        }
        decode_only(recipe, paths, cores)
        figures = {name: [] for name in runs}
        for _ in range(rounds):
            for name, run in runs.items():
                figures[name].append(in_a_process(run))
    return summary(recipe.name, len(paths), figures)


def in_a_process(run: Callable[[], Result]) -> Result:
    """The result of `run` in a process of its own: threads of one loop must not touch another."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(run).result()


def summary(name: str, n_images: int, figures: dict[str, list[float]]) -> dict[str, object]:
    """Medians and spread of the figures and of the ratios taken round by round."""
    pairs = zip(figures["decode only"], figures["infer only"], strict=True)
    limits = [1 / (1 / decode + 1 / infer) for decode, infer in pairs]
    figures = {**figures, "limit": limits}
    ratios = {
        f"AccuBench / {other}": [
            mine / theirs for mine, theirs in zip(figures["AccuBench"], figures[other], strict=True)
        ]
        for other in ("limit", "plain loop", "loader loop")
    }
    return {
        "model": name,
        "images": n_images,
        "images_per_second": {key: spread(values) for key, values in figures.items()},
        "ratios": {key: spread(values) for key, values in ratios.items()},
    }


def spread(values: list[float]) -> dict[str, float]:
    """Median, least and greatest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def show(result: dict) -> None:
    """Print one model's figures."""
    print(f"\n{result['model']}, {result['images']} images")
    for key, value in result["images_per_second"].items():
        print(f"  {key:24} {value['median']:8.1f} images/s   ({value['min']:.1f} to {value['max']:.1f})")
    for key, value in result["ratios"].items():
        print(f"  {key:24} {value['median']:8.3f}            ({value['min']:.3f} to {value['max']:.3f})")


def measure_large(data: Path) -> dict[str, object]:
    """Memory and start at 500 and 50,000 images, and reading the larger report."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        recipe, config, _ = recipes(data, scratch)[-1]
        runs = {}
        workspace = scratch / "workspace"  # one for all, so that the second run finds the compiled model
        for name, times in (("500 images, first run", 1), ("500 images, again", 1), ("50000 images", 100)):
            dataset = scratch / f"images-{times}"
            dataset = dataset if dataset.exists() else linked(data, dataset, times)
            runs[name] = evaluate_in_a_process(workspace, recipe.model, dataset, str(config))
        reading = reading_times_ms(workspace)
    print(f"\n{recipe.name}, one process")
    for name, run in runs.items():
        print(f"  {name:22}", ", ".join(f"{key} {value:.1f}" for key, value in run.items()))
    print("\nReading a stored report of 50,000 images, milliseconds")
    for name, value in reading.items():
        print(f"  {name:44} {value['median']:7.1f}   ({value['min']:.1f} to {value['max']:.1f})")
    return {"processes": runs, "reading_ms": reading}


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    from accubench.inference import find_target, library_versions

    target = find_target("CPU")
    return {"processor": target.device_name, "cores": target.cores, "system": platform.platform(), **library_versions()}


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", help="Part of a model's name.")
    parser.add_argument("--json", type=Path, help="Write the figures here too.")
    parser.add_argument("--skip-large", action="store_true", help="Leave out the run with 50,000 images.")
    arguments = parser.parse_args()
    facts = machine()
    print(", ".join(f"{key} {value}" for key, value in facts.items()))
    data = arguments.data.resolve()
    results = measure(data, arguments.rounds, arguments.only)
    large = None if arguments.skip_large else measure_large(data)
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": facts, "results": results, "large": large}, indent=2))


if __name__ == "__main__":
    main()
