"""How long the workbench takes to make a report's pages, and how large they are.

    python benchmarks/workbench_pages.py [--images 50000] [--classes 1000] [--requests 40] [--workspace DIR]

Reports of all kinds are made first, of a small random model, and of the same with a little noise in its weights, on
random 8 x 8 images (a few minutes for 50,000; with --workspace they are kept and found again). Addresses are then asked
for in turn, within the process, so that times are those of the server alone. Every kind of page has several addresses,
so that most requests are for something that was not asked before; medians, 99th percentiles and sizes are printed. Exit
status 1 where a bound is missed: a median of 100 ms and 300 kB for every kind of page, and a 99th percentile of 300 ms
over all requests together (that of one kind is little more than its slowest request). Requests for things never looked
at before, the reports' first pages among them, count like all others.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
from fastapi.testclient import TestClient
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from accubench import Workspace
from accubench.web import ServerSettings, Workbench, create_app

Pages = dict[str, Iterator[str]]
"""By the name of a kind of page, addresses without an end."""
_SIDE = 8
_NOISE = 0.02
"""Of the second model's weights; the models then disagree on some images of a hundred, as after quantisation."""
_TOKEN = "t" * 32
_MEDIAN_MS = 100.0
_P99_MS = 300.0
_BYTES = 300_000


def random_weights(classes: int, seed: int) -> np.ndarray:
    """Weights of a linear classifier of 8 x 8 images, shape (192, classes)."""
    return np.random.default_rng(seed).normal(size=(3 * _SIDE * _SIDE, classes)).astype(np.float32)


def write_model(path: Path, weights: np.ndarray) -> Path:
    """A linear classifier of 8 x 8 images; returns the path."""
    classes = weights.shape[1]
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
    return path


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


def make_reports(workspace: Workspace, images: int, classes: int) -> None:
    """The reports that are looked at, where the workspace has none yet."""
    if workspace.all_reports():
        return
    with tempfile.TemporaryDirectory() as scratch:
        weights = random_weights(classes, seed=1)
        parent = write_model(Path(scratch) / "random.onnx", weights)
        nearby = write_model(Path(scratch) / "nearby.onnx", weights + _NOISE * random_weights(classes, seed=3))
        dataset = write_dataset(workspace.folder / "random-images", images, weights, seed=2)
        workspace.evaluate(parent, dataset)
        workspace.compare(nearby, parent, dataset, speed_rounds=0)
        workspace.distance(nearby, parent, dataset)


def endless(make: Callable[[], str]) -> Iterator[str]:
    """What a function gives, over and over."""
    while True:
        yield make()


def accuracy_pages(report_id: str, images: int, classes: int, draw: random.Random) -> Pages:
    """Addresses of every kind of page of an accuracy report."""
    base = f"/reports/{report_id}"
    columns = ("image_name", "predicted_class", "predicted_name", "annotated_class_rank", "predicted_confidence")

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


def comparison_pages(report_id: str, images: int, classes: int, draw: random.Random) -> Pages:
    """Addresses of every kind of page of a comparison."""
    base = f"/reports/{report_id}"
    columns = ("image_name", "optimised_class", "parent_name", "parent_class_rank", "kl_divergence")

    def confidence() -> str:
        return f"filter=optimised_confidence%3C{draw.random():.4f}"

    return {
        "compared": endless(lambda: f"{base}?page={draw.randint(1, images // 50)}"),
        "compared, grid": endless(lambda: f"{base}?layout=grid&page={draw.randint(1, images // 60)}"),
        "flips": endless(lambda: f"{base}?filter=agreed%3Dfalse&page={draw.randint(1, 10)}"),
        "one kind of flip": endless(
            lambda: f"{base}?filter=flip%3D{draw.choice(('broken', 'fixed', 'moved'))}&{confidence()}"
        ),
        "compared, filtered": endless(lambda: f"{base}?{confidence()}"),
        "compared, sorted": endless(
            lambda: f"{base}?{confidence()}&sort={draw.choice(columns)}&descending={draw.randint(0, 1)}"
        ),
        "compared, search": endless(lambda: f"{base}?q={draw.randint(0, 9999)}"),
        "compared, class": endless(lambda: f"{base}?filter=parent_class%3D{draw.randint(0, classes - 1)}"),
        "changed classes": endless(
            lambda: f"{base}?view=classes&page={draw.randint(1, 20)}&descending={draw.randint(0, 1)}"
        ),
        "both calibrations": endless(lambda: f"{base}?view=calibration"),
        "speed": endless(lambda: f"{base}?view=speed"),
        "compared, details": endless(lambda: f"{base}?view=details"),
        "compared, history": endless(lambda: f"{base}?view=history"),
        "compared, visualize": endless(lambda: f"{base}/images/{draw.randrange(images)}"),
        "flips, visualize": endless(
            lambda: f"{base}/images/{draw.randrange(images)}?filter=agreed%3Dfalse&sort={draw.choice(columns)}"
        ),
    }


def distance_pages(report_id: str, images: int, draw: random.Random) -> Pages:
    """Addresses of every kind of page of a tensor distance."""
    base = f"/reports/{report_id}"
    columns = ("image_name", "mse", "cosine_distance", "kl_divergence", "max_abs_difference")

    def distance() -> str:
        return f"filter=cosine_distance%3E{draw.random() / 1000:.7f}"

    return {
        "distances": endless(lambda: f"{base}?page={draw.randint(1, images // 50)}"),
        "distances, grid": endless(lambda: f"{base}?layout=grid&page={draw.randint(1, images // 60)}"),
        "distances, filtered": endless(lambda: f"{base}?{distance()}"),
        "distances, sorted": endless(
            lambda: f"{base}?{distance()}&sort={draw.choice(columns)}&descending={draw.randint(0, 1)}"
        ),
        "outputs": endless(lambda: f"{base}?view=outputs"),
        "distances, details": endless(lambda: f"{base}?view=details"),
        "distances, history": endless(lambda: f"{base}?view=history"),
        "distances, visualize": endless(lambda: f"{base}/images/{draw.randrange(images)}?{distance()}"),
    }


def all_pages(workspace: Workspace) -> Pages:
    """Addresses of every kind of page of the newest report of each kind."""
    draw = random.Random(3)
    report, comparison = workspace.report("latest"), workspace.comparison("latest")
    images, classes = len(report.images), report.record.class_count
    return (
        accuracy_pages(report.id, images, classes, draw)
        | comparison_pages(comparison.id, images, classes, draw)
        | distance_pages(workspace.tensor_distance("latest").id, images, draw)
    )


def measure(client: TestClient, pages: Pages, requests: int) -> dict[str, dict[str, float]]:
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
        make_reports(workspace, given.images, given.classes)
        app = create_app(Workbench(workspace=workspace, settings=ServerSettings(token=_TOKEN)))
        client = TestClient(
            app, base_url="http://127.0.0.1:8000", headers={"Authorization": f"Bearer {_TOKEN}"}, follow_redirects=False
        )
        results = measure(client, all_pages(workspace), given.requests)
    print(f"{'page':<24}{'first ms':>10}{'median ms':>11}{'p99 ms':>9}{'kB':>8}")
    for name, result in results.items():
        print(
            f"{name:<24}{result['first']:>10.0f}{result['median']:>11.1f}{result['p99']:>9.1f}"
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
