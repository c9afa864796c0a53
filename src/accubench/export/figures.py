"""Plotly figures of a report, for notebooks.

Plotly is imported when a figure is asked for: it is large, and most runs never draw one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import polars as pl

from accubench.analysis import ERRONEOUS, confusion_matrix
from accubench.errors import UsageError
from accubench.export.classes import class_results
from accubench.export.numbers import TIMES, class_text
from accubench.records.report import Report

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["confidence_histogram", "confusion_heatmap", "per_class_bars", "reliability_diagram"]

_ACCENT, _WRONG, _QUIET = "#2356c4", "#ab3a17", "#59626e"


def reliability_diagram(report: Report) -> go.Figure:
    """Accuracy against mean confidence of the equal-mass bins, with 95 % Wilson intervals and the diagonal.

    Raises:
        UsageError: The report has no calibration, because nothing is annotated.
    """
    import plotly.graph_objects as go

    calibration = report.summary.calibration
    if calibration is None:
        raise UsageError(f"Report {report.id} has no reliability diagram: it needs evaluated images with annotations.")
    bins = calibration.bins
    dots = go.Scatter(
        x=[each.mean_confidence for each in bins],
        y=[each.accuracy for each in bins],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [each.accuracy_high - each.accuracy for each in bins],
            "arrayminus": [each.accuracy - each.accuracy_low for each in bins],
            "thickness": 1,
        },
        customdata=[each.n for each in bins],
        hovertemplate="mean confidence %{x:.4f}<br>right %{y:.2%} of %{customdata} images<extra></extra>",
        mode="lines+markers",
        marker={"color": _ACCENT, "size": 8},
        name="bins of equally many images",
    )
    diagonal = go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": _QUIET, "dash": "dash"}, name="at its word")
    figure = go.Figure([diagonal, dots])
    figure.update_xaxes(title="mean confidence", range=[0, 1], constrain="domain")
    figure.update_yaxes(title="right", range=[0, 1.02], tickformat=".0%", scaleanchor="x")
    return _titled(figure, report, f"Reliability, ECE {calibration.ece:.2%}")


def confusion_heatmap(
    report: Report, table: pl.DataFrame, *, classes: Sequence[int] | None = None, limit: int = 20
) -> go.Figure:
    """Images by annotated class (rows) and predicted class (columns), right ones on the diagonal.

    Args:
        report: The report.
        table: Its images, with the columns of `REPORT_COLUMNS`.
        classes: Ids of the classes to show, in this order; left out, the `limit` classes that take part in most errors.
        limit: How many classes are chosen.

    Raises:
        UsageError: A class is not an output of the model.
    """
    import plotly.graph_objects as go

    shown = sorted(_most_erroneous(table, limit)) if classes is None else list(classes)
    unknown = [each for each in shown if not 0 <= each < report.class_count]
    if unknown:
        raise UsageError(
            f"Class {unknown[0]} is not one of the model's {report.class_count} (0 to {report.class_count - 1})."
        )
    # Classes outside the choice become one more row and column, which is then cut off: the matrix stays small.
    position = {class_id: index for index, class_id in enumerate(shown)}
    mapped = [
        table[column].replace_strict(position, default=len(shown), return_dtype=pl.Int64)
        for column in ("predicted_class", "annotated_class")
    ]
    known = table["predicted_class"].is_not_null() & table["annotated_class"].is_not_null()
    matrix = confusion_matrix(*(column.filter(known) for column in mapped), class_count=len(shown) + 1)
    labels = [_literal(class_text(class_id, report.class_name(class_id))) for class_id in shown]
    heatmap = go.Heatmap(
        z=matrix[:-1, :-1],
        x=labels,
        y=labels,
        colorscale=[[0, "rgba(35, 86, 196, 0)"], [1, _ACCENT]],
        hovertemplate="annotated %{y}<br>predicted %{x}<br>%{z} images<extra></extra>",
    )
    figure = go.Figure(heatmap)
    figure.update_xaxes(title="predicted", type="category")
    figure.update_yaxes(title="annotated", type="category", autorange="reversed")
    return _titled(figure, report, "Confusion" if classes is not None else "Confusion of the classes with most errors")


def per_class_bars(
    report: Report, table: pl.DataFrame, *, metric: Literal["recall", "precision", "f1"] = "recall", limit: int = 30
) -> go.Figure:
    """The classes with the lowest value of a metric, weakest on top; recall with its 95 % Wilson interval.

    Args:
        report: The report.
        table: Its images, with the columns of `REPORT_COLUMNS`.
        metric: What is drawn.
        limit: How many classes.
    """
    import plotly.graph_objects as go

    known = [each for each in class_results(report, table) if getattr(each, metric) is not None]
    weakest = sorted(known, key=lambda each: getattr(each, metric))[:limit]
    values = [getattr(each, metric) for each in weakest]
    bars = go.Bar(
        x=values,
        y=[_literal(class_text(each.class_id, each.name)) for each in weakest],
        orientation="h",
        marker={"color": _ACCENT},
        customdata=[each.support for each in weakest],
        hovertemplate="%{y}<br>" + metric + " %{x:.2%}, %{customdata} images<extra></extra>",
    )
    if metric == "recall":
        bars.error_x = {
            "type": "data",
            "symmetric": False,
            "array": [(each.recall_high or 0) - value for each, value in zip(weakest, values, strict=True)],
            "arrayminus": [value - (each.recall_low or 0) for each, value in zip(weakest, values, strict=True)],
            "thickness": 1,
        }
    figure = go.Figure(bars)
    figure.update_xaxes(title=metric, range=[0, 1], tickformat=".0%")
    figure.update_yaxes(type="category", autorange="reversed", automargin=True)
    return _titled(figure, report, f"Classes with the lowest {metric}")


def confidence_histogram(report: Report, table: pl.DataFrame, *, bins: int = 20) -> go.Figure:
    """Evaluated images by confidence in the predicted class, right and wrong ones stacked where that is known.

    Args:
        report: The report.
        table: Its images, with the columns of `REPORT_COLUMNS`.
        bins: Number of bins of equal width.
    """
    import plotly.graph_objects as go

    evaluated = table.filter(pl.col("predicted_confidence").is_not_null())
    right = evaluated["annotated_class_rank"] == 0
    parts = {
        "right": (evaluated.filter(right.fill_null(value=False)), _ACCENT),
        "wrong": (evaluated.filter((~right).fill_null(value=False)), _WRONG),
        "not annotated": (evaluated.filter(right.is_null()), _QUIET),
    }
    figure = go.Figure(
        [
            go.Histogram(
                x=part["predicted_confidence"].to_list(),
                xbins={"start": 0.0, "end": 1.0 + 1e-9, "size": 1 / bins},
                marker={"color": color},
                name=name,
                hovertemplate="confidence %{x}<br>%{y} images<extra>" + name + "</extra>",
            )
            for name, (part, color) in parts.items()
            if len(part)
        ]
    )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(title="confidence in the predicted class", range=[0, 1])
    figure.update_yaxes(title="images")
    return _titled(figure, report, "Confidence")


def _most_erroneous(table: pl.DataFrame, limit: int) -> list[int]:
    errors = table.filter(ERRONEOUS)
    involved = pl.concat([errors["predicted_class"], errors["annotated_class"]]).alias("class_id")
    counted = involved.value_counts(name="images").sort("images", "class_id", descending=[True, False])
    return counted["class_id"].head(limit).to_list()


def _titled(figure: go.Figure, report: Report, title: str) -> go.Figure:
    name = _literal(f"{report.model_name} {TIMES} {report.dataset_name}")
    return figure.update_layout(title=f"{title}<br><sup>{name}</sup>", template="plotly_white")


def _literal(text: str) -> str:
    """Text that plotly shows as it is written: it would read some HTML, links among it."""
    return text.replace("&", "&amp;").replace("<", "&lt;")
