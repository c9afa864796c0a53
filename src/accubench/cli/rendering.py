"""Reports as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from accubench.cli.text import plain
from accubench.export import (
    DASH,
    ConfigurationValue,
    confidence_text,
    configuration_values,
    interval_text,
    percent_text,
    short_class_text,
)
from accubench.export.facts import scored_sentence

if TYPE_CHECKING:
    import polars as pl

    from accubench.records.benchmark import Benchmark
    from accubench.records.gate import GateOutcome
    from accubench.records.report import Report
    from accubench.workspace import AccuracyReport

__all__ = [
    "class_label",
    "make_console",
    "make_table",
    "show_benchmark",
    "show_gates",
    "show_images",
    "show_report",
    "show_several",
]

_MIN_WIDTH = 110  # for output into files and pipes, where there is no terminal to fit


class _PipeConsole(Console):
    """A console that leaves it to the command what a closed pipe means; rich would end it as if a gate were missed."""

    def on_broken_pipe(self) -> None:
        """Called while BrokenPipeError is handled."""
        raise BrokenPipeError


def make_console() -> Console:
    """A console on standard output that never interprets names as markup."""
    console = _PipeConsole(markup=False, highlight=False, emoji=False, soft_wrap=False)
    if not console.is_terminal:
        console.width = max(console.width, _MIN_WIDTH)
    return console


def show_report(report: AccuracyReport, *, rows: int = 5, configuration: bool = True) -> None:
    """Print the headline, warnings, the configuration with origins, confused pairs and worst images."""
    console = make_console()
    record = report.record
    _show_headline(console, record)
    _show_findings(console, record)
    if configuration:
        _show_configuration(console, record)
    if record.summary.top_k:
        _show_confused(console, report, rows)
        _show_worst(console, report, rows)
    _show_failed(console, report, rows)
    _show_footer(console, record)


def show_several(reports: Sequence[AccuracyReport]) -> None:
    """Print one table with a row per model."""
    console = make_console()
    table = make_table("Model", "Top-1", "95 % interval", "Top-k", "Evaluated", "Failed", "Images/s", "Report")
    for report in reports:
        record = report.record
        top1 = record.summary.top1
        others = [f"top-{top.k} {percent_text(top.value)}" for top in record.summary.top_k if top.k != 1]
        speed = record.images_per_second
        table.add_row(
            plain(record.model_name),
            percent_text(top1.value if top1 else None),
            interval_text(top1) if top1 else DASH,
            ", ".join(others) or DASH,
            str(record.summary.n),
            str(record.summary.n_failed),
            "reused" if record.reused_predictions else f"{speed:.0f}" if speed else DASH,
            record.id,
        )
    console.print(table)
    for report in reports:
        _show_findings(console, report.record, prefix=f"{report.record.model_name}: ")


def show_gates(outcomes: Sequence[GateOutcome]) -> None:
    """Print whether gates were met."""
    console = make_console()
    for outcome in outcomes:
        word, style = ("met", "green") if outcome.passed else ("MISSED", "bold red")
        console.print(Text.assemble("Gate ", outcome.condition, f": {outcome.measured} ", (word, style)))


def show_benchmark(benchmark: Benchmark, name: str) -> None:
    """Print measured speed, a row per hint."""
    console = make_console()
    target = benchmark.target
    console.print(Text(f"{plain(name)} on {target.device} ({target.device_name}), batch 1, random input", style="bold"))
    table = make_table(
        "Hint", "Images/s", "Latency median", "p90", "p99", "Streams", "Requests", "Threads", "Precision", "n"
    )
    for run in benchmark.runs:
        table.add_row(
            run.hint,
            f"{run.throughput_fps:.1f}",
            f"{run.latency_median_ms:.2f} ms",
            f"{run.latency_p90_ms:.2f} ms",
            f"{run.latency_p99_ms:.2f} ms",
            str(run.streams),
            str(run.requests),
            str(run.threads),
            run.execution_precision,
            str(run.iterations),
        )
    console.print(table)
    versions = ", ".join(f"{key} {value}" for key, value in benchmark.versions.items() if key in {"openvino", "python"})
    console.print(Text(f"{versions}, {target.cores} cores", style="dim"))


def show_images(console: Console, images: pl.DataFrame, title: str | None = None) -> None:
    """Print rows of a report's table: classes, confidences and rank of every image, and tags where there are any."""
    tagged = "tags" in images.columns and images["tags"].count() > 0
    columns = ("Image", "Predicted", "Confidence", "Annotated", "Confidence", "Rank", *(("Tags",) if tagged else ()))
    table = make_table(*columns, title=title)
    for image in images.iter_rows(named=True):
        rank, failed = image["annotated_class_rank"], image["status"] == "failed"
        predicted = class_label(image["predicted_class"], image["predicted_name"])
        table.add_row(
            plain(image["image_name"]),
            f"failed: {plain(image['failure'] or '')}" if failed else predicted,
            confidence_text(image["predicted_confidence"]),
            class_label(image["annotated_class"], image["annotated_name"]),
            confidence_text(image["annotated_confidence"]),
            DASH if rank is None else str(rank),
            *((plain(image["tags"] or ""),) if tagged else ()),
        )
    console.print(table)


def make_table(*columns: str, title: str | None = None) -> Table:
    """A plain table without lines; long cells wrap."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(Text(column, style="dim"), overflow="fold")
    return table


def _show_headline(console: Console, record: Report) -> None:
    summary = record.summary
    where = f"{record.target.device} ({record.target.device_name}), {record.execution_text}"
    console.print()
    console.print(Text(f"{plain(record.model_name)} on {plain(record.dataset_name)}", style="bold"))
    if record.subset is not None:
        console.print(Text(record.subset.sentence, style="dim"))
    console.print(Text(where, style="dim"))
    for file in record.model_files:
        console.print(Text(f"{plain(file.name)}: sha256 {file.sha256[:12]}", style="dim"))
    console.print()
    if not summary.n:
        console.print("  No image could be evaluated, so there is no accuracy.")
    elif not summary.top_k:
        console.print("  This dataset is not annotated: predictions and confidences, but no accuracy.")
    for top in summary.top_k:
        line = Text(f"  top-{top.k:<3}", style="bold")
        line.append(f"{percent_text(top.value):>9}", style="bold cyan")
        line.append(f"   {top.right} of {top.n} right, 95 % interval {interval_text(top)}", style="not bold")
        console.print(line)
    ties = f", {summary.n_ties} with a tie for the highest score" if summary.n_ties else ""
    console.print(f"  {summary.n} evaluated, {summary.n_failed} failed{ties}")
    if scored := scored_sentence(record):
        console.print(f"  {scored}")
    if summary.macro:
        macro = summary.macro
        console.print(
            f"  precision {percent_text(macro.precision)}, recall {percent_text(macro.recall)}, "
            f"F1 {percent_text(macro.f1)} (means over {macro.classes} classes)"
        )
    if summary.calibration:
        calibration = summary.calibration
        console.print(
            f"  calibration: ECE {calibration.ece:.4f}, Brier {calibration.brier:.4f}, NLL {calibration.nll:.4f}; "
            f"mean confidence {confidence_text(summary.mean_confidence)}"
        )


def _show_findings(console: Console, record: Report, prefix: str = "") -> None:
    for finding in record.findings:
        console.print(Text.assemble(("Warning: ", "yellow"), plain(f"{prefix}{finding}")), overflow="fold")


def _show_configuration(console: Console, record: Report) -> None:
    table = make_table("Setting", "Value", "Origin", title="\nAccuracy configuration")
    for setting, values, origin in _grouped(configuration_values(record)):
        table.add_row(setting, plain(values), Text(plain(origin), style="dim"))
    table.add_row("scores read as", record.reading.kind, Text(plain(record.reading.reason), style="dim"))
    if record.mapping:
        table.add_row("classes", record.mapping.kind, Text(plain(record.mapping.description), style="dim"))
    if record.class_names:
        table.add_row("class names", str(len(record.class_names)), Text(plain(record.class_names.origin), style="dim"))
    console.print(table)
    for note in record.configuration.notes:
        console.print(Text.assemble(("Note: ", "yellow"), plain(note)), overflow="fold")


def _grouped(values: Iterable[ConfigurationValue]) -> list[tuple[str, str, str]]:
    """Values of one step that have one origin, on one line: step, names with values, origin."""
    groups: dict[tuple[str, str], list[str]] = {}
    for value in values:
        groups.setdefault((value.section, value.origin), []).append(f"{value.name} {value.value}")
    return [(section, ", ".join(named), origin) for (section, origin), named in groups.items()]


def _show_confused(console: Console, report: AccuracyReport, rows: int) -> None:
    pairs = report.most_confused(rows)
    if pairs.is_empty():
        return
    table = make_table("Images", "Annotated", "Predicted", "Share of class", title="\nMost confused")
    for pair in pairs.iter_rows(named=True):
        table.add_row(
            str(pair["images"]),
            class_label(pair["annotated_class"], pair["annotated_name"]),
            class_label(pair["predicted_class"], pair["predicted_name"]),
            percent_text(pair["share_of_annotated"], decimals=1),
        )
    console.print(table)


def _show_worst(console: Console, report: AccuracyReport, rows: int) -> None:
    worst = report.worst(rows)
    if worst.is_empty():
        return
    show_images(console, worst, title="\nWorst images")


def _show_failed(console: Console, report: AccuracyReport, rows: int) -> None:
    if not report.summary.n_failed:
        return
    failed = report.failed
    table = make_table("Image", "Reason", title="\nFailed images")
    for name, reason in failed.head(rows).iter_rows():
        table.add_row(plain(name), plain(reason))
    console.print(table)
    if len(failed) > rows:
        console.print(f"and {len(failed) - rows} more.")


def _show_footer(console: Console, record: Report) -> None:
    console.print()
    if record.reused_predictions:
        how = "scores were stored already; nothing was inferred (--fresh infers anew)"
    else:
        how = f"{record.images_per_second:.0f} images/s" if record.images_per_second else "done"
    console.print(Text(f"Report {record.id} in {record.duration_s:.1f} s: {how}.", style="dim"))


def class_label(class_id: int | None, name: str | None) -> str:
    """A class as one line of a table has room for it: of several synonyms only the first.

    >>> class_label(2, "great white shark, white shark")
    'great white shark (2)'
    """
    return plain(short_class_text(class_id, name))
