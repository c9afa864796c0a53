"""How long the workbench takes to make a report's pages, and how large they are.

    python benchmarks/workbench_pages.py [--images 50000] [--classes 1000] [--requests 40] [--workspace DIR]

A report is made first, by evaluating a small random model on random 8 x 8 images (a few minutes for 50,000; with
--workspace it is kept and found again). Addresses are then asked for in turn, within the process, so that times are
those of the server alone. Every kind of page has several addresses, so that most requests are for something that was
not asked before; medians, 99th percentiles and sizes are printed. Exit status 1 where a bound is missed: a median of
100 ms and 300 kB for every kind of page, and a 99th percentile of 300 ms over all requests together (that of one kind
is little more than its slowest request). Requests for things never looked at before, the report's first page among
them, count like all others.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from fastapi.testclient import TestClient
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from accubench import Workspace
from accubench.web import ServerSettings, Workbench, create_app

_SIDE = 8
_TOKEN = "t" * 32
_MEDIAN_MS = 100.0
_P99_MS = 300.0
_BYTES = 300_000


def write_model(path: Path, classes: int, seed: int) -> np.ndarray:
    """A random linear classifier of 8 x 8 images; returns its weights, shape (192, classes)."""
    weights = np.random.default_rng(seed).normal(size=(3 * _SIDE * _SIDE, classes)).astype(np.float32)
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"], name="flatten"),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"], name="classify"),
    ]
    graph = helper.make_graph(
        nodes,
        "random",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, _SIDE, _SIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", classes])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    names = [f"class number {each}, also called {'a long name ' * (each % 4)}" for each in range(classes)]
    helper.set_model_props(
        model,
        {
            "labels": json.dumps(names),
            "color": "RGB",
            "mean": "[127, 127, 127]",
            "scale": "[255, 255, 255]",
            "resize_mode": "stretch",
            "resize_size": str(_SIDE),
            "resize_library": "opencv",
            "interpolation": "area",
        },
    )
    onnx.save(model, path)
    return weights


def write_dataset(folder: Path, images: int, weights: np.ndarray, seed: int) -> Path:
    """Random images; about two of three are annotated with the class that the model predicts."""
    generator = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    lines = []
    for row in range(images):
        pixels = generator.integers(0, 256, (_SIDE, _SIDE, 3), dtype=np.uint8)
        name = f"{row % 100:02d}/image_{row:06d}.png"
        (folder / name).parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / name, compress_level=0)
        planes = (pixels.transpose(2, 0, 1).astype(np.float32) - 127) / 255
        best = np.argsort(planes.reshape(-1) @ weights)[::-1]
        place = 0 if generator.random() < 0.67 else int(generator.geometric(0.1))
        lines.append(f"{name} {best[min(place, len(best) - 1)]}\n")
    (folder / "val.txt").write_text("".join(lines))
    return folder


def make_report(workspace: Workspace, images: int, classes: int) -> None:
    """The report that is looked at, where the workspace has none yet."""
    if workspace.reports():
        return
    with tempfile.TemporaryDirectory() as scratch:
        weights = write_model(Path(scratch) / "random.onnx", classes, seed=1)
        dataset = write_dataset(workspace.folder / "random-images", images, weights, seed=2)
        workspace.evaluate(Path(scratch) / "random.onnx", dataset)


def addresses(report_id: str, images: int, classes: int, draw: random.Random) -> dict[str, Iterator[str]]:
    """Endless addresses of every kind of page."""
    base = f"/reports/{report_id}"
    columns = ("image_name", "predicted_class", "predicted_name", "annotated_class_rank", "predicted_confidence")

    def endless(make: object) -> Iterator[str]:
        while True:
            yield make()  # type: ignore[operator]

    def confidence() -> str:
        return f"filter=predicted_confidence%3C{draw.random():.4f}"

    return {
        "images": endless(lambda: f"{base}?page={draw.randint(1, images // 50)}"),
        "images, grid": endless(lambda: f"{base}?layout=grid&page={draw.randint(1, images // 60)}"),
        "erroneous": endless(lambda: f"{base}?erroneous={draw.choice((1, 5))}&page={draw.randint(1, 200)}"),
        "filtered": endless(lambda: f"{base}?{confidence()}"),
        "filtered, sorted": endless(
            lambda: f"{base}?{confidence()}&sort={draw.choice(columns)}&descending={draw.randint(0, 1)}"
        ),
        "text search": endless(lambda: f"{base}?q={draw.randint(0, 9999)}"),
        "three filters": endless(
            lambda: (
                f"{base}?{confidence()}&erroneous=1&filter=annotated_class%3E{draw.randint(0, classes)}"
                "&filter=image_name%20contains%207"
            )
        ),
        "one class": endless(lambda: f"{base}?filter=predicted_class%3D{draw.randint(0, classes - 1)}"),
        "classes": endless(
            lambda: f"{base}?view=classes&page={draw.randint(1, 20)}&sort={draw.choice(('recall', 'f1'))}"
        ),
        "confusion": endless(lambda: f"{base}?view=confusion"),
        "confusion, chosen": endless(
            lambda: f"{base}?view=confusion&" + "&".join(f"class={each}" for each in draw.sample(range(classes), 24))
        ),
        "calibration": endless(lambda: f"{base}?view=calibration"),
        "details": endless(lambda: f"{base}?view=details"),
        "history": endless(lambda: f"{base}?view=history"),
        "visualize": endless(lambda: f"{base}/images/{draw.randrange(images)}"),
        "visualize, filtered": endless(
            lambda: f"{base}/images/{draw.randrange(images)}?{confidence()}&sort=predicted_confidence"
        ),
        "thumbnail": endless(lambda: f"{base}/images/{draw.randrange(images)}/thumbnail.jpg"),
    }


def measure(client: TestClient, pages: dict[str, Iterator[str]], requests: int) -> dict[str, dict[str, float]]:
    """Milliseconds and bytes by kind of page; kinds are asked for in turn."""
    times: dict[str, list[float]] = {name: [] for name in pages}
    sizes: dict[str, int] = dict.fromkeys(pages, 0)
    for _ in range(requests):
        for name, found in pages.items():
            address = next(found)
            started = time.perf_counter()
            answer = client.get(address)
            times[name].append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, f"{address}: {answer.status_code}"
            sizes[name] = max(sizes[name], len(answer.content))
    times["all together"] = [each for taken in times.values() for each in taken]
    sizes["all together"] = max(sizes.values())
    return {
        name: {
            "first": taken[0],
            "median": statistics.median(taken),
            "p99": float(np.percentile(taken, 99)),
            "bytes": sizes[name],
        }
        for name, taken in times.items()
    }


def main() -> int:
    """Make the report, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, Workspace(given.workspace or Path(scratch) / "w") as workspace:
        make_report(workspace, given.images, given.classes)
        report = workspace.reports()[-1]
        app = create_app(Workbench(workspace=workspace, settings=ServerSettings(token=_TOKEN)))
        client = TestClient(
            app, base_url="http://127.0.0.1:8000", headers={"Authorization": f"Bearer {_TOKEN}"}, follow_redirects=False
        )
        pages = addresses(report.id, len(report.images), report.record.class_count, random.Random(3))
        results = measure(client, pages, given.requests)
    print(f"{'page':<22}{'first ms':>10}{'median ms':>11}{'p99 ms':>9}{'kB':>8}")
    for name, result in results.items():
        print(
            f"{name:<22}{result['first']:>10.0f}{result['median']:>11.1f}{result['p99']:>9.1f}"
            f"{result['bytes'] / 1000:>8.0f}"
        )
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n")
    missed = [name for name, result in results.items() if result["median"] > _MEDIAN_MS or result["bytes"] > _BYTES]
    if results["all together"]["p99"] > _P99_MS:
        missed.append("99th percentile")
    if missed:
        print(f"Misses the bounds: {', '.join(missed)}.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
