"""What the steps of a numerics check come to: which of them loses, how much, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from accubench.analysis.numerics import matters
from accubench.errors import Finding
from accubench.export import difference_interval, percent_text, signed_points_text
from accubench.records.numerics_check import CheckOutcome, CheckStep, Processor, StepCause, StepChange

__all__ = ["judge"]

_WHAT: dict[StepCause, str] = {
    "conversion": "OpenVINO reads or computes the model otherwise than its own engine",
    "integer_kernels": "OpenVINO's integer kernels change the model's numbers",
    "precision": "The execution precision changes the model's numbers",
    "device": "The device changes the model's numbers",
}
_REMEDIES: dict[StepCause, str] = {
    "conversion": "Measure with --engine {engine} to have the model's own accuracy, and export the model anew, with "
    "another version of its exporter or of OpenVINO.",
    "integer_kernels": "Use --no-integer-kernels, which is slower and exact, or a processor with VNNI.",
    "precision": "Use --precision f32.",
    "device": "Use --device CPU, or --precision f32 on this device.",
}


def judge(steps: Sequence[CheckStep], processor: Processor) -> tuple[CheckOutcome, tuple[Finding, ...]]:
    """The outcome, and a warning for each step that matters by the rule of `accubench.analysis.numerics`.

    Where no step matters by itself but all of them together do, the last one's remedies are named with the others'.

    Args:
        steps: In order, with at least one image; fewer than two have no outcome.
        processor: What the integers were computed with.
    """
    if len(steps) < 2:
        return "nothing", ()
    findings = tuple(_of_steps(steps, processor)) or tuple(_of_all(steps))
    if findings:
        return "differ", findings
    flipped = any(step.before is not None and step.before.flips.total for step in steps)
    return ("undecided" if flipped else "agree"), ()


def _of_steps(steps: Sequence[CheckStep], processor: Processor) -> Iterator[Finding]:
    for before, step in pairwise(steps):
        if step.before is not None and matters(step.before):
            why = _about_processor(processor) if step.cause == "integer_kernels" else ""
            yield _warning(
                step, before, step.before, what=f"{_WHAT[step.cause]}:", why=why, remedy=_remedy(step, steps[0])
            )


def _of_all(steps: Sequence[CheckStep]) -> Iterator[Finding]:
    last = steps[-1]
    if last.first is not None and matters(last.first):
        remedies = " ".join(_remedy(step, steps[0]) for step in steps[1:])
        yield _warning(last, steps[0], last.first, what="All steps together change the numbers:", remedy=remedies)


def _warning(
    after: CheckStep, before: CheckStep, change: StepChange, *, what: str, why: str = "", remedy: str
) -> Finding:
    flips = change.flips.total
    low, high = (percent_text(bound, decimals=1) for bound in (change.disagreement_low, change.disagreement_high))
    said = (
        f"{what} {after.title} predicts another class than {before.title} on {flips} of {change.agreement.n} images "
        f"(95 % interval {low} to {high}). {_cost(change)}{why}"
    )
    return Finding(code=f"numerics-{after.cause}", message=said, severity="warning", remedy=remedy)


def _cost(change: StepChange) -> str:
    """What it costs, in points."""
    difference = change.difference
    if difference is None:
        return f"Top-1 accuracy can have changed by at most {percent_text(change.disagreement_high, decimals=1)}."
    points, interval = signed_points_text(difference.value), difference_interval(difference)
    return f"Top-1 accuracy changes by {points} points (95 % interval {interval})."


def _about_processor(processor: Processor) -> str:
    if processor.integer_dot_products is not False:
        return ""
    if processor.limited_to is not None:
        return (
            f" ONEDNN_MAX_CPU_ISA limits OpenVINO to {processor.limited_to}, which has no VNNI: sums of 8-bit products "
            "saturate."
        )
    return f" This processor, {processor.name}, has no VNNI: sums of 8-bit products saturate."


def _remedy(step: CheckStep, first: CheckStep) -> str:
    return _REMEDIES[step.cause].format(engine=first.execution.engine)
