"""Gates: conditions on a report that a script wants to hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from accubench.errors import UsageError
from accubench.records.gate import GateOutcome
from accubench.workspace.accuracy_report import AccuracyReport
from accubench.workspace.comparison_report import ComparisonReport

__all__ = ["Gate", "RequiredVerdict", "check_gates", "check_verdict", "parse_gate"]

RequiredVerdict = Literal["pass", "not-fail"]

_GATE = re.compile(
    r"\s*(?P<metric>top[1-9]\d{0,8}(?:\.(?:low|high))?|macro_(?:precision|recall|f1))\s*=\s*(?P<limit>\S+)\s*"
)


@dataclass(frozen=True, slots=True)
class Gate:
    """A metric that must not fall under a limit."""

    metric: str
    """``top1``, ``top5.low`` (lower bound of the interval), ``macro_f1`` and so on."""
    limit: float
    """Share from 0 to 1."""


def parse_gate(text: str) -> Gate:
    """Read a gate such as ``top1=0.57`` or ``top1.low=0.55``.

    Raises:
        UsageError: It is none.

    >>> parse_gate("top1.low=0.55")
    Gate(metric='top1.low', limit=0.55)
    """
    match = _GATE.fullmatch(text)
    try:
        limit = float(match["limit"]) if match else None
    except ValueError:
        limit = None
    if match is None or limit is None or not 0 <= limit <= 1:
        raise UsageError(
            f"'{text}' is no gate. Expected METRIC=SHARE, e.g. top1=0.57 or top1.low=0.55; metrics are top1, top5 and "
            "so on, with .low or .high for the bounds of the interval, macro_precision, macro_recall and macro_f1; "
            "the share lies between 0 and 1."
        )
    return Gate(match["metric"], limit)


def check_gates(
    report: AccuracyReport, gates: Iterable[Gate], *, max_failed: int | None = None
) -> tuple[GateOutcome, ...]:
    """Hold a report against gates.

    Args:
        report: The report; top-k is computed for the k that a gate names, whatever k its configuration has.
        gates: Metrics with their limits; a value equal to its limit passes.
        max_failed: How many images may fail; 0 by default as soon as there is a gate, unlimited without one.

    Raises:
        UsageError: A gate asks for a number that the report cannot have.
    """
    gates = tuple(gates)
    outcomes = [_check(report, gate) for gate in gates]
    return (*outcomes, *_check_failed(report.summary.n_failed, max_failed, gated=bool(gates)))


def check_verdict(
    report: ComparisonReport, required: RequiredVerdict | None, *, max_failed: int | None = None
) -> tuple[GateOutcome, ...]:
    """Hold a comparison against the verdict that is required.

    Args:
        report: The comparison.
        required: ``pass`` for that and nothing else, ``not-fail`` where an inconclusive verdict will do; without
            annotations there is no verdict, and neither is met.
        max_failed: How many images may fail; 0 by default where a verdict is required, unlimited otherwise.
    """
    outcomes: list[GateOutcome] = []
    if required is not None:
        verdict = report.summary.verdict
        accepted = {"pass"} if required == "pass" else {"pass", "inconclusive"}
        outcomes.append(
            GateOutcome(
                condition=f"verdict is {required.replace('-', ' ')}",
                measured="no verdict" if verdict is None else verdict.outcome,
                value=None if report.summary.difference is None else report.summary.difference.value,
                passed=verdict is not None and verdict.outcome in accepted,
            )
        )
    return (*outcomes, *_check_failed(report.summary.n_failed, max_failed, gated=required is not None))


def _check_failed(failed: int, max_failed: int | None, *, gated: bool) -> tuple[GateOutcome, ...]:
    """The gate on failed images: 0 allowed by default as soon as there is another gate, unlimited without one."""
    allowed = max_failed if max_failed is not None else (0 if gated else None)
    if allowed is None:
        return ()
    condition = f"failed images <= {allowed}"
    return (GateOutcome(condition=condition, measured=str(failed), value=failed, passed=failed <= allowed),)


def _check(report: AccuracyReport, gate: Gate) -> GateOutcome:
    condition = f"{gate.metric} >= {100 * gate.limit:g} %"
    if not report.summary.n:
        return GateOutcome(condition=condition, measured="no image evaluated", value=None, passed=False)
    value = _value(report, gate.metric)
    return GateOutcome(
        condition=condition,
        measured=f"{100 * value:.2f} %",
        value=value,
        passed=value >= gate.limit,
    )


def _value(report: AccuracyReport, metric: str) -> float:
    name, _, bound = metric.partition(".")
    if name.startswith("macro_"):
        if report.macro is None:
            raise UsageError(f"There is no {metric} to hold a gate against: no evaluated image is annotated.")
        return float(getattr(report.macro, name.removeprefix("macro_")))
    k = int(name.removeprefix("top"))
    if k > report.record.scored_class_count:
        raise UsageError(
            f"There is no {metric} to hold a gate against: {report.record.model_name} was scored over "
            f"{report.record.scored_class_count} classes."
        )
    return float(getattr(report.top_k(k), bound or "value"))
