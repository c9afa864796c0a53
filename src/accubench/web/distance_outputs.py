"""The outputs of a tensor distance, each with the spread of its distances."""

from __future__ import annotations

import polars as pl

from accubench.export.numbers import count_text, plural
from accubench.records.tensor_distance import OutputDistance, TensorDistance
from accubench.web.distance_head import MeasureSpread, measure_spreads
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery, report_address

__all__ = ["OutputsView", "output_table", "outputs_view"]


class OutputView(Part):
    """One output."""

    output: str
    is_scores: bool
    said: str
    """How many numbers and images were compared."""
    address: str
    """Its images, the farthest first."""
    spreads: tuple[MeasureSpread, ...]


class OutputsView(Part):
    """All outputs, that of class scores first."""

    outputs: tuple[OutputView, ...]


def outputs_view(record: TensorDistance) -> OutputsView:
    """Make the view of outputs."""
    return OutputsView(outputs=tuple(_view(record, each) for each in record.outputs))


def output_table(record: TensorDistance) -> pl.DataFrame:
    """The summary of all outputs as a table: one row per output and measure."""
    rows = [
        {"output": output.output, **each.model_dump(exclude={"bins"})}
        for output in record.outputs
        for each in output.distributions
    ]
    numbers = dict.fromkeys(("mean", "median", "p90", "p99", "least", "greatest"), pl.Float64)
    schema = {"output": pl.String, "measure": pl.String, "n": pl.Int64, **numbers, "worst_image": pl.String}
    return pl.DataFrame(rows, schema=schema)


def _view(record: TensorDistance, output: OutputDistance) -> OutputView:
    named = "" if output is record.outputs[0] else output.output
    return OutputView(
        output=output.output,
        is_scores=output.is_scores,
        said=(
            f"{plural(output.columns, 'number')} an image; {plural(output.n, 'image')} compared, "
            f"{count_text(output.n_failed)} failed, {count_text(output.equal)} the same number by number"
        ),
        address=report_address(record.id, ReportQuery(output=named)),
        spreads=measure_spreads(record, output),
    )
