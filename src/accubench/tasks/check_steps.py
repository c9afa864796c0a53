"""The steps from the model's own engine to the execution as configured, each with one thing changed."""

from __future__ import annotations

from dataclasses import dataclass

from accubench.inference import install_command, is_installed, reference_engine
from accubench.records.execution import ENGINE_TITLES, USUAL_EXECUTION, Execution
from accubench.records.model import Model
from accubench.records.numerics_check import StepCause

__all__ = ["PlannedStep", "is_quantised", "plan_steps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One way of executing a model."""

    cause: StepCause
    execution: Execution
    device: str = "CPU"


def is_quantised(model: Model) -> bool:
    """Whether the model holds weights of 8 bits, so that OpenVINO may compute with integers."""
    return any(dtype in {"int8", "uint8"} for dtype in model.description.weight_precisions)


def plan_steps(model: Model, execution: Execution, device: str) -> tuple[tuple[PlannedStep, ...], tuple[str, ...]]:
    """The steps, and sentences on what is not possible here.

    Args:
        model: What is executed.
        execution: As configured, by OpenVINO.
        device: As configured.

    Returns:
        Steps from the reference to the execution as configured; fewer than two where there is nothing to compare.
    """
    reference, notes = _reference(model)
    quantised = is_quantised(model)
    exact = Execution(integer_kernels=not quantised)
    steps = [] if reference is None else [PlannedStep(cause="start", execution=reference)]
    steps.append(PlannedStep(cause="conversion" if steps else "start", execution=exact))
    if quantised and execution.integer_kernels:
        steps.append(PlannedStep(cause="integer_kernels", execution=USUAL_EXECUTION))
    if execution.precision != "f32":
        steps.append(PlannedStep(cause="precision", execution=execution))
    if device != "CPU":
        steps.append(PlannedStep(cause="device", execution=execution, device=device))
    return tuple(steps), notes


def _reference(model: Model) -> tuple[Execution | None, tuple[str, ...]]:
    engine, model_format = reference_engine(model.description.format), model.description.format
    if engine is None:
        why = f"No other engine executes models in format {model_format}"
        return None, (f"{why}, so how OpenVINO reads the file was not checked.",)
    if is_installed(engine):
        return Execution(engine=engine), ()
    why = f"{ENGINE_TITLES[engine]} is not installed, so how OpenVINO reads the file was not checked."
    return None, (f"{why} To have that checked too: {install_command(engine)}",)
