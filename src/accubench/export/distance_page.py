"""The HTML page of a tensor distance: one file that needs nothing else, with the look of the accuracy report's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from accubench.export.comparison_text import distance_sentence
from accubench.export.distance_facts import (
    DISTRIBUTION_TITLES,
    distribution_cells,
    measure_title,
    output_rows,
    worst_distances,
)
from accubench.export.facts import ConfigurationValue, Fact, date_text
from accubench.export.files import ImageJpeg
from accubench.export.numbers import count_text, distance_text, percent_text, plural
from accubench.export.page_rendering import address, picture, render
from accubench.export.pair_facts import pair_configurations, pair_facts, pair_run_facts, pair_warnings
from accubench.export.pair_tables import PairTable, distance_table
from accubench.records.tensor_distance import DistanceBin, Distribution, OutputDistance, TensorDistance

__all__ = ["DistancePage", "distance_page", "distance_page_html"]

_WORST_SHOWN = 12
_FAILURES_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramBar:
    """Images whose distance lies in one bin, as a bar 100 wide at the most."""

    label: str
    count: int
    share: str
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPart:
    """How the distances of one output are spread."""

    name: str
    said: str
    rows: tuple[tuple[str, ...], ...]
    """A row per distance, under `DISTRIBUTION_TITLES`."""
    histograms: tuple[tuple[str, tuple[HistogramBar, ...]], ...]
    """Title and bars, for each distance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstImage:
    """One of the images farthest apart."""

    image_name: str
    picture: str | None
    mse: str
    kl_divergence: str
    agreed: bool | None
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DistancePage:
    """Everything that the page shows."""

    report: TensorDistance
    headline: str
    created: str
    warnings: tuple[str, ...]
    titles: tuple[str, ...]
    outputs: tuple[OutputPart, ...]
    worst: tuple[WorstImage, ...]
    failures: tuple[tuple[str, str], ...]
    failed: int
    measured: tuple[Fact, ...]
    run: tuple[Fact, ...]
    configurations: tuple[tuple[str, tuple[tuple[str, tuple[ConfigurationValue, ...]], ...]], ...]
    images: PairTable


def distance_page_html(distance: TensorDistance, table: pl.DataFrame, *, image_jpeg: ImageJpeg) -> str:
    """A tensor distance as one HTML file; its table holds the output of class scores.

    Args:
        distance: The tensor distance.
        table: Its images, with the columns of `DISTANCE_COLUMNS`.
        image_jpeg: Asked for the pictures of the worst images, by image name and longer side in pixels.
    """
    return render("distance.html", distance_page(distance, table, image_jpeg=image_jpeg))


def distance_page(distance: TensorDistance, table: pl.DataFrame, *, image_jpeg: ImageJpeg) -> DistancePage:
    """Compute what the page shows."""
    scores = distance.outputs[0]
    rows = output_rows(table, scores)
    failed = rows.filter(pl.col("status") == "failed").head(_FAILURES_SHOWN)
    worst = worst_distances(table, scores, _WORST_SHOWN)
    return DistancePage(
        report=distance,
        headline=distance_sentence(distance),
        created=date_text(distance.created_at),
        warnings=pair_warnings(distance),
        titles=DISTRIBUTION_TITLES,
        outputs=tuple(map(_part, distance.outputs)),
        worst=tuple(_worst_image(row, image_jpeg) for row in worst.iter_rows(named=True)),
        failures=tuple(failed.select("image_name", pl.col("failure").fill_null("no reason was given")).iter_rows()),
        failed=scores.n_failed,
        measured=pair_facts(distance),
        run=pair_run_facts(distance),
        configurations=pair_configurations(distance),
        images=distance_table(rows),
    )


def _part(output: OutputDistance) -> OutputPart:
    kind = "Class scores" if output.is_scores else "Another output"
    return OutputPart(
        name=output.output,
        said=(
            f"{kind}, {count_text(output.columns)} numbers an image: {plural(output.n, 'image')} compared, "
            f"{count_text(output.equal)} of them the same number by number."
        ),
        rows=tuple(map(distribution_cells, output.distributions)),
        histograms=tuple((measure_title(each.measure), _bars(each)) for each in output.distributions),
    )


def _bars(distribution: Distribution) -> tuple[HistogramBar, ...]:
    longest = max((each.count for each in distribution.bins), default=0)
    return tuple(
        HistogramBar(
            label=_bin_label(each),
            count=each.count,
            share=percent_text(each.count / distribution.n if distribution.n else None),
            width=round(100 * each.count / longest, 2) if longest else 0.0,
        )
        for each in distribution.bins
    )


def _bin_label(each: DistanceBin) -> str:
    if each.low == each.high:
        return distance_text(each.low)
    return f"{distance_text(each.low)} to {distance_text(each.high)}"


def _worst_image(row: dict[str, Any], image_jpeg: ImageJpeg) -> WorstImage:
    image_name = str(row["image_name"])
    return WorstImage(
        image_name=image_name,
        picture=picture(image_jpeg, image_name),
        mse=distance_text(row["mse"]),
        kl_divergence=distance_text(row["kl_divergence"]),
        agreed=row["agreed"],
        address=address(("image_name", "eq", image_name)),
    )
