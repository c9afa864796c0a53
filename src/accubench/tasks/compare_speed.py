"""Compare the speed of two models on one target: in alternation, inference alone, the same random input."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Literal

from accubench.benchmarking import measure_in_alternation
from accubench.errors import UsageError
from accubench.records.comparison import SpeedComparison, SpeedFigure
from accubench.records.execution import USUAL_EXECUTION, Execution
from accubench.records.model import Model
from accubench.records.progress import Progress
from accubench.records.target import Target
from accubench.tasks.opening import open_to_measure
from accubench.tasks.surroundings import Surroundings

__all__ = ["check_speed_rounds", "compare_speed"]

_SEED = 0
_HINTS: tuple[Literal["throughput", "latency"], ...] = ("throughput", "latency")
_LONGEST_S = 3600.0


def compare_speed(
    surroundings: Surroundings,
    optimised: Model,
    parent: Model,
    *,
    target: Target,
    execution: Execution = USUAL_EXECUTION,
    rounds: int = 5,
    seconds: float = 1.0,
) -> SpeedComparison:
    """Measure both models in rounds of parent, optimised, under both performance hints.

    Both are open at the same time; the target's lock is held meanwhile, so it must not be held by the caller.

    Args:
        surroundings: Where models are kept, and who listens.
        optimised: The optimised model.
        parent: The parent model.
        target: Where to measure.
        execution: How both models are executed.
        rounds: How many times both are measured under each hint.
        seconds: How long each measurement takes.

    Raises:
        UsageError: `rounds` is below 1, or `seconds` is not a time above zero.
        InferenceError: The device refused a model.
        UnsupportedModelError: A model leaves its input size open.
        Cancelled: The user asked to stop.
    """
    check_speed_rounds(rounds, seconds)
    total, done = 2 * rounds * len(_HINTS), 0

    def after_run() -> None:
        nonlocal done
        done += 1
        surroundings.progress(Progress(stage="speed", done=done, total=total))

    what = f"Measuring {parent.name} and {optimised.name} in turns on {target.device}, about {total * seconds:.0f} s."
    surroundings.progress(Progress(stage="speed", total=total, message=what))  # not the counts of the stage before
    with surroundings.store.lock(f"target {target.key}", waiting=surroundings.waiting_for(f"device {target.device}")):
        figures = tuple(
            _figure(
                surroundings,
                (optimised, parent),
                target=target,
                execution=execution,
                hint=hint,
                rounds=rounds,
                seconds=seconds,
                after_run=after_run,
            )
            for hint in _HINTS
        )
    return SpeedComparison(
        figures=tuple(figure for figure, _ in figures), seconds=seconds, execution_precisions=figures[0][1]
    )


def check_speed_rounds(rounds: int, seconds: float) -> None:
    """Refuse to measure nothing, before the work that comes first is done.

    Raises:
        UsageError: `rounds` is below 1, or `seconds` is not a time between zero and an hour.
    """
    if rounds < 1:
        raise UsageError(f"Speed cannot be measured in {rounds} rounds. Give 1 or more, or measure no speed at all.")
    if not 0 < seconds <= _LONGEST_S:  # also false for NaN
        raise UsageError(f"Speed cannot be measured for {seconds:g} seconds. Give a time above 0, up to an hour.")


def _figure(
    surroundings: Surroundings,
    models: tuple[Model, Model],
    *,
    target: Target,
    execution: Execution,
    hint: Literal["throughput", "latency"],
    rounds: int,
    seconds: float,
    after_run: Callable[[], None],
) -> tuple[SpeedFigure, tuple[str, str]]:
    """One figure of the optimised model and its parent, and the precisions that both were executed in."""
    with ExitStack() as opened:
        ours, theirs = (
            opened.enter_context(open_to_measure(surroundings.store, model, target, execution, hint))
            for model in models
        )
        figure = measure_in_alternation(
            ours,
            theirs,
            hint=hint,
            rounds=rounds,
            seconds=seconds,
            clock=surroundings.clock,
            seed=_SEED,
            after_run=after_run,
            cancelled=surroundings.cancelled,
        )
        return figure, (ours.execution_precision, theirs.execution_precision)
