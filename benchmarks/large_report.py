"""A report of 50,000 images and 1000 classes without days of inference: real images, names and files, random scores.

    python benchmarks/large_report.py DATA WORKSPACE [--images 50000]

A few images are evaluated by SqueezeNet; the records of that report are then kept again for a dataset that names each
of the 500 images a hundred times, with scores drawn at random in which about half of the images are right.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from accubench import Workspace
from accubench.records.predictions import Predictions
from accubench.records.report import Report
from accubench.storage import Part, Store, rows_per_part
from accubench.tasks.evaluation import Evaluation, describe_report, resolve
from accubench.tasks.report_table import tabulate

FAILED_EVERY = 997


def main() -> None:
    """Make the report and print its id."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--images", type=int, default=50_000)
    given = parser.parse_args()
    print(keep_large_report(given.data, given.workspace, n_images=given.images))


def keep_large_report(data: Path, folder: Path, *, n_images: int = 50_000) -> str:
    """Keep the report in a workspace; its id."""
    with Workspace(folder) as workspace:
        small = workspace.evaluate(data / "models/squeezenet1.1/squeezenet1.1.onnx", data / "imagenet-500").record
    store = Store(folder)
    model, dataset = store.catalogue.model(small.model_id), store.catalogue.dataset(small.dataset_id)
    project = store.catalogue.project_by_id(small.project_id)
    predictions = store.catalogue.predictions_by_id(small.predictions_id)
    assert model is not None
    assert dataset is not None
    assert project is not None
    assert predictions is not None
    manifest = _repeated(store.manifest(dataset), n_images)
    dataset = dataset.model_copy(update={"id": f"{dataset.id}-large", "name": "large", "n_images": n_images})
    project = project.model_copy(update={"id": f"{project.id}-large", "dataset_id": dataset.id})
    predictions = predictions.model_copy(
        update={
            "id": f"{predictions.id}-large",
            "key": "large",
            "dataset_id": dataset.id,
            "n_images": n_images,
            "part_rows": rows_per_part(n_images, predictions.score_columns),
        }
    )
    wanted = Evaluation(model=model, dataset=dataset, configuration=small.configuration)
    resolved = resolve(wanted, manifest)
    store.keep_dataset(dataset, manifest)
    store.catalogue.add_project(project)
    store.catalogue.add_predictions(predictions)
    _write_parts(store, predictions, resolved.annotated_n)
    tabulated = tabulate(
        predictions,
        store.parts(predictions),
        manifest=manifest,
        annotated_n=resolved.annotated_n,
        names=resolved.names,
        outputs=resolved.configuration.configuration.outputs,
        description=model.description,
        threads=2,
    )
    report: Report = describe_report(
        wanted,
        resolved,
        project=project,
        predictions=predictions,
        tabulated=tabulated,
        report_id=f"{small.id}-large",
        created_at=small.created_at,
    )
    store.keep_report(report, tabulated.table)
    store.close()
    return report.id


def _repeated(manifest: pl.DataFrame, n_images: int) -> pl.DataFrame:
    rows = np.arange(n_images)
    names = [f"ILSVRC2012_val_{row:08d}.JPEG" for row in rows]
    return manifest[rows % len(manifest)].with_columns(pl.Series("image_name", names))


def _write_parts(store: Store, predictions: Predictions, annotated_n: np.ndarray) -> None:
    folder = store.parts(predictions)
    folder.prepare()
    random = np.random.default_rng(1)
    for number in range(predictions.n_parts):
        first = number * predictions.part_rows
        annotated = annotated_n[first : first + predictions.part_rows]
        scores = random.normal(0, 2, (len(annotated), predictions.score_columns)).astype(np.float32)
        scores[np.arange(len(annotated)), annotated] += random.normal(6.5, 2, len(annotated)).astype(np.float32)
        if not _is_logits(store, predictions):
            scores = np.exp(scores - scores.max(axis=1, keepdims=True))
            scores /= scores.sum(axis=1, keepdims=True)
        failed = [(first + row) % FAILED_EVERY == 0 for row in range(len(annotated))]
        scores[failed] = 0
        folder.write(
            number,
            Part(
                first_row=first,
                scores_nk=scores,
                failures=["JPEG is truncated: the data ends before the last row" if each else None for each in failed],
            ),
        )


def _is_logits(store: Store, predictions: Predictions) -> bool:
    model = store.catalogue.model(predictions.model_id)
    return model is not None and model.description.score_kind == "logits"


if __name__ == "__main__":
    main()
