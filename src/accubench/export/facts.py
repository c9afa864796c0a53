"""What is said of a report in words, the same on a page, in a log and in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from accubench.configuration import describe_configuration
from accubench.export.numbers import TIMES, count_text, interval_text, percent_text, plural
from accubench.records.report import EvaluatedModel, Report, ReportHeader, ScoreReading

__all__ = [
    "ConfigurationValue",
    "Fact",
    "configuration_sections",
    "configuration_values",
    "date_text",
    "headline",
    "mapping_sentence",
    "measured_facts",
    "reading_sentence",
    "run_facts",
    "sentence",
    "versioned",
    "warnings",
]

_LONGEST_VALUE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that is so: a short label and its value."""

    label: str
    value: str
    detail: str | None = None
    """The same at full length, or what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationValue:
    """One value of the accuracy configuration with where it came from."""

    section: str
    """``1 · decode`` for a step, or ``outputs``."""
    name: str
    path: str
    """Where it stands in the configuration, e.g. ``preprocessing.1.resize.size``."""
    value: str
    """As YAML on one line, long maps cut short."""
    origin: str


def headline(report: Report) -> str:
    """One sentence with the number that was asked for, its interval, n and what failed.

    Returns:
        E.g. ``Right on 335 of 500 images: top-1 67.00 % (95 % interval 62.77 to 70.98 %), top-5 86.20 %. 500 evaluated,
        0 failed.``
    """
    summary = report.summary
    counted = f"{count_text(summary.n)} evaluated, {count_text(summary.n_failed)} failed. {scored_sentence(report)}"
    counted = counted.rstrip()
    if summary.n == 0:
        return f"No image could be evaluated. {counted}"
    top1 = summary.top1
    if top1 is None and not summary.top_k:
        return f"Predicted {plural(summary.n, 'image')} without annotations, so no accuracy is known. {counted}"
    others = "".join(f", top-{top.k} {percent_text(top.value)}" for top in summary.top_k if top is not top1)
    if top1 is None:
        return f"{others.removeprefix(', ').capitalize()}. {counted}"
    return (
        f"Right on {count_text(top1.right)} of {plural(top1.n, 'image')}: top-1 {percent_text(top1.value)} "
        f"(95 % interval {interval_text(top1)}){others}. {counted}"
    )


def scored_sentence(model: EvaluatedModel) -> str:
    """Over which of its outputs a model was scored; empty where over all of them.

    Returns:
        E.g. ``Scored over the 200 annotated classes of 1,000 outputs.``
    """
    if model.reading.scored_classes is None:
        return ""
    classes = plural(model.scored_class_count, "annotated class")
    return f"Scored over the {classes} of {plural(model.class_count, 'output')}."


def date_text(date: datetime) -> str:
    """A date and time to the second, with its zone.

    >>> from datetime import UTC
    >>> date_text(datetime(2026, 5, 4, 12, 30, tzinfo=UTC))
    '2026-05-04 12:30:00 UTC'
    """
    return f"{date:%Y-%m-%d %H:%M:%S %Z}".rstrip()


def warnings(report: Report) -> tuple[str, ...]:
    """Sentences that a reader must know before the numbers are believed."""
    return (*(str(finding) for finding in report.findings), *report.configuration.notes)


def measured_facts(report: Report) -> tuple[Fact, ...]:
    """What was measured, on what."""
    target, summary = report.target, report.summary
    dataset = versioned(report.dataset_name, report.dataset_version)
    image_count = f"{dataset}, {plural(summary.n_images, 'image')}"
    return (
        Fact(label="Model", value=versioned(report.model_name, report.model_version), detail=report.model_id),
        Fact(label="Format", value=report.model_format),
        *(
            Fact(label=f"SHA-256 of {file.name}", value=file.sha256[:16] + "…", detail=file.sha256)
            for file in report.model_files
        ),
        Fact(label="Classes", value=_class_sentence(report)),
        Fact(label="Dataset", value=image_count, detail=report.dataset_id),
        *subset_facts(report),
        Fact(label="Device", value=f"{target.device} · {target.device_name}"),
        Fact(label="Machine", value=f"{target.machine}, {plural(target.cores, 'core')}"),
        Fact(label="Executed by", value=report.execution_text),
    )


def subset_facts(report: ReportHeader) -> tuple[Fact, ...]:
    """Which part of a dataset the report is over; nothing where it is over all of it."""
    return () if report.subset is None else (Fact(label="Part of the dataset", value=report.subset.sentence),)


def run_facts(report: Report) -> tuple[Fact, ...]:
    """How and when it was measured."""
    speed = report.images_per_second
    return (
        Fact(label="Date", value=date_text(report.created_at)),
        Fact(label="Took", value=f"{report.duration_s:.1f} s" + ("" if speed is None else f", {speed:.1f} images/s")),
        Fact(label="Predictions", value=_predictions_sentence(report), detail=report.predictions_id),
        Fact(label="Report", value=report.id, detail=f"project {report.project_id}"),
        *(Fact(label=name, value=version) for name, version in report.versions.items()),
    )


def reading_sentence(reading: ScoreReading) -> str:
    """How scores became confidences, and who said so."""
    steps: list[str] = []
    if reading.quantization is not None:
        scale, zero_point = reading.quantization.scale, reading.quantization.zero_point
        steps.append(f"integers were dequantised first, (integer - {zero_point}) {TIMES} {scale:g}")
    if reading.sigmoid:
        steps.append("one output stands for two classes")
    if reading.kind == "logits":
        steps.append(
            "a sigmoid made probabilities of them" if reading.sigmoid else "softmax made probabilities of them"
        )
    else:
        steps.append("no softmax was applied")
    return f"Scores were read as {reading.kind}: {reading.reason.strip().rstrip('.')}. {sentence('; '.join(steps))}"


def mapping_sentence(model: EvaluatedModel) -> str:
    """How classes of the dataset became outputs of the model."""
    if model.mapping is None:
        return "The dataset is not annotated, so no classes were mapped."
    return sentence(model.mapping.description)


def configuration_values(model: EvaluatedModel) -> tuple[ConfigurationValue, ...]:
    """Every value of the accuracy configuration that has an effect, in its order, with its origin."""
    return tuple(
        ConfigurationValue(
            section=_section(path),
            name=path.rpartition(".")[2],
            path=path,
            value=value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…",
            origin=origin,
        )
        for path, value, origin in describe_configuration(model.configuration)
    )


def configuration_sections(model: EvaluatedModel) -> tuple[tuple[str, tuple[ConfigurationValue, ...]], ...]:
    """The values of the accuracy configuration by step or section, in its order."""
    sections = groupby(configuration_values(model), lambda value: value.section)
    return tuple((section, tuple(values)) for section, values in sections)


def _section(path: str) -> str:
    """The step, counted from 1, or the section that a value belongs to.

    >>> _section("preprocessing.1.resize.size"), _section("outputs.scores")
    ('2 · resize', 'outputs')
    """
    first, *rest = path.split(".")
    return f"{int(rest[0]) + 1} · {rest[1]}" if first == "preprocessing" else first


def versioned(name: str, version: int) -> str:
    """A name, with its version where there was another before."""
    return name if version == 1 else f"{name} (version {version})"


def _class_sentence(report: Report) -> str:
    names = report.class_names
    named = "" if names is None else f", named by {names.origin}"
    return f"{plural(report.class_count, 'class')}{named}. {scored_sentence(report)}".removesuffix(". ")


def _predictions_sentence(report: Report) -> str:
    return "reused, no image was inferred again" if report.reused_predictions else "inferred in this run"


def sentence(text: str) -> str:
    """A text with a capital at its beginning and one full stop at its end."""
    text = text.strip().rstrip(".")
    return text[:1].upper() + text[1:] + "."
