"""Reports and tables to export: drawn by a seeded generator, consistent with each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np
import polars as pl

from accubench.analysis.summary import summarize
from accubench.errors import Finding
from accubench.records.accuracy_configuration import AccuracyConfiguration, ResolvedConfiguration
from accubench.records.class_names import ClassNames
from accubench.records.model import ModelFile
from accubench.records.report import REPORT_COLUMNS, LabelMapping, Report, ScoreReading
from accubench.records.target import Target

SHAPES = ("ball", "cube", "cone", "star", "ring", "moon", "leaf", "drop", "kite", "gear", "bolt", "wave")


def make_table(
    n: int = 60,
    names: Sequence[str] = SHAPES,
    *,
    annotated: bool = True,
    failed: int = 2,
    image_name: Callable[[int], str] = "images/{:05d}.jpg".format,
    seed: int = 0,
) -> pl.DataFrame:
    """A report's table as an imperfect model would give it; the last `failed` images failed."""
    random = np.random.default_rng(seed)
    classes = len(names)
    annotation = random.integers(classes, size=n)
    scores = random.normal(size=(n, classes)) * 1.4
    scores[np.arange(n), annotation] += 2.5
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    order = np.argsort(-shares, axis=1, kind="stable")
    predicted = order[:, 0]
    rank = np.argmax(order == annotation[:, None], axis=1)
    truth = np.zeros_like(shares)
    truth[np.arange(n), annotation] = 1
    alive = np.arange(n) < n - failed

    def column(values: Sequence[object], *, needs_annotation: bool = False) -> list[object]:
        known = alive & (annotated or not needs_annotation)
        return [value if is_known else None for value, is_known in zip(values, known, strict=True)]

    columns: dict[str, Sequence[object]] = {
        "image_name": [image_name(index) for index in range(n)],
        "predicted_class": column(predicted.tolist()),
        "predicted_name": column([names[index] for index in predicted]),
        "annotated_class": annotation.tolist() if annotated else [None] * n,
        "annotated_name": [names[index] for index in annotation] if annotated else [None] * n,
        "annotated_class_rank": column(rank.tolist(), needs_annotation=True),
        "predicted_confidence": column(shares.max(axis=1).tolist()),
        "annotated_confidence": column(shares[np.arange(n), annotation].tolist(), needs_annotation=True),
        "dataset_class": annotation.tolist() if annotated else [None] * n,
        "status": ["evaluated" if is_alive else "failed" for is_alive in alive],
        "failure": [None if is_alive else "The file ends in the middle of its data." for is_alive in alive],
        "tied": column((np.arange(n) % 50 == 7).tolist()),
        "squared_error": column(((shares - truth) ** 2).sum(axis=1).tolist(), needs_annotation=True),
    }
    schema = {name: getattr(pl, kind) for name, (kind, _, _) in REPORT_COLUMNS.items()}
    return pl.DataFrame(columns, schema=schema)


def make_report(
    table: pl.DataFrame,
    names: Sequence[str] = SHAPES,
    *,
    annotated: bool = True,
    findings: tuple[Finding, ...] = (),
    model_name: str = "shapes_cnn",
    dataset_name: str = "shapes-val",
) -> Report:
    """The report that belongs to a table of `make_table`."""
    configuration = AccuracyConfiguration.model_validate(
        {
            "preprocessing": [
                {"decode": {"color": "BGR"}},
                {"resize": {"size": 256}},
                {"crop": {"size": 227}},
                {"normalize": {"mean": [104, 117, 123]}},
            ],
            "metrics": {"top_k": [1, 5]},
        }
    )
    return Report(
        id="r-1h3k9x2m4-a7qz",
        project_id="p-1h3k9x2m4-0001",
        model_id="m-1h3k9x2m4-0002",
        dataset_id="d-1h3k9x2m4-0003",
        predictions_id="s-1h3k9x2m4-0004",
        model_name=model_name,
        model_version=1,
        model_format="onnx",
        model_files=(ModelFile(name="shapes_cnn.onnx", size_bytes=51_234, sha256="0f4c" * 16),),
        dataset_name=dataset_name,
        dataset_version=1,
        target=Target(device="CPU", device_name="Intel(R) Xeon(R) Processor @ 2.60GHz", machine="bench-7", cores=8),
        configuration=ResolvedConfiguration(
            configuration=configuration,
            origins={
                "preprocessing.0.decode.color": "tutorial.yaml:2",
                "preprocessing.0.decode.exif": "default",
                "preprocessing.1.resize.size": "tutorial.yaml:3",
                "preprocessing.2.crop.size": "the model's input is 227 x 227",
                "preprocessing.3.normalize.mean": "tutorial.yaml:5",
            },
        ),
        reading=ScoreReading(kind="probabilities", reason="the graph ends in Softmax 'prob'"),
        mapping=LabelMapping(
            kind="identity", description="annotation id = model output", outputs={i: i for i in range(len(names))}
        )
        if annotated
        else None,
        class_names=ClassNames(names=tuple(names), origin="labels.txt"),
        class_count=len(names),
        summary=summarize(table, top_k=(1, 5), class_count=len(names), calibration_bins=15),
        reused_predictions=False,
        execution_precision="f32",
        findings=findings,
        versions={"accubench": "0.1.0", "openvino": "2026.4.0", "opencv": "5.0.0", "python": "3.11.9"},
        created_at=datetime(2026, 5, 4, 12, 30, tzinfo=UTC),
        duration_s=6.25,
        images_per_second=81.5,
    )
