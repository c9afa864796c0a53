"""Where a model comes from and what was made of it: parent, recipe, children."""

from __future__ import annotations

from accubench.export import interval_text, percent_text
from accubench.export.numbers import points_text, signed_points_text
from accubench.records.base import Record
from accubench.records.model import Model
from accubench.records.quantization import AccuracyGoal, AccuracyOutcome, Candidate, QuantizationRecipe
from accubench.web.formats import bytes_text, count_text, duration_text
from accubench.web.model_facts import Fact, precision_of
from accubench.web.project_details import configuration_summary
from accubench.workspace import Workspace
from accubench.workspace.lineage import parent_name
from accubench.workspace.projects import write_configuration

__all__ = ["CandidateRow", "ModelLineage", "ModelLink", "model_lineage"]

_METHODS = {"default": "Default", "accuracy_aware": "AccuracyAware"}
_PRESETS = {
    "performance": ("Performance", "symmetric weights and activations"),
    "mixed": ("Mixed", "symmetric weights, asymmetric activations"),
}


class ModelLink(Record):
    """A model of the same lineage."""

    name: str
    address: str
    """Empty where it was deleted."""
    note: str = ""


class CandidateRow(Record):
    """A model that the accuracy-aware method tried."""

    number: int
    layers: tuple[str, ...]
    """Left in floating point."""
    top1: str
    interval: str
    drop: str
    reached: bool
    chosen: bool


class ModelLineage(Record):
    """A model's ancestors, how it was made from the last of them, and what was made from it."""

    ancestors: tuple[ModelLink, ...]
    """The original first, the parent last; empty for an original model."""
    children: tuple[ModelLink, ...]
    """Newest first."""
    recipe: tuple[Fact, ...]
    configuration_yaml: str
    """The accuracy configuration of the calibration; empty without a recipe."""
    ignored_layers: tuple[str, ...]
    goal: str
    """Whether the accuracy-aware method reached its goal, as a sentence; empty for the default method."""
    goal_reached: bool
    candidates: tuple[CandidateRow, ...]


def model_lineage(workspace: Workspace, model: Model) -> ModelLineage:
    """Everything about the lineage of a model."""
    models = {each.id: each for each in workspace.models()}
    recipe = model.recipe
    outcome = None if recipe is None else recipe.outcome
    return ModelLineage(
        ancestors=_ancestors(model, models),
        children=tuple(_link(each) for each in reversed(models.values()) if each.parent_id == model.id),
        recipe=() if recipe is None else _recipe_facts(recipe, models),
        configuration_yaml="" if recipe is None else write_configuration(recipe.configuration.configuration),
        ignored_layers=() if recipe is None else recipe.settings.ignored_layers,
        goal="" if outcome is None else _goal_sentence(outcome),
        goal_reached=outcome is not None and outcome.reached,
        candidates=() if outcome is None else tuple(_candidate(each, outcome) for each in outcome.candidates),
    )


def _ancestors(model: Model, models: dict[str, Model]) -> tuple[ModelLink, ...]:
    found: list[ModelLink] = []
    current = model
    while current.parent_id is not None and len(found) < len(models):
        parent = models.get(current.parent_id)
        if parent is None:
            found.append(ModelLink(name=parent_name(current, {}), address="", note="deleted"))
            break
        found.append(_link(parent))
        current = parent
    return tuple(reversed(found))


def _link(model: Model) -> ModelLink:
    name = model.name if model.version == 1 else f"{model.name} (version {model.version})"
    note = f"{precision_of(model)}, {bytes_text(model.size_bytes)}"
    return ModelLink(name=name, address=f"/models/{model.id}", note=note)


def _recipe_facts(recipe: QuantizationRecipe, models: dict[str, Model]) -> tuple[Fact, ...]:
    settings, subset = recipe.settings, recipe.subset
    preset, meaning = _PRESETS[settings.preset]
    dataset = subset.dataset_name if subset.dataset_version == 1 else (
        f"{subset.dataset_name} (version {subset.dataset_version})"
    )  # fmt: skip
    parent = models.get(recipe.parent_id)
    size = "" if parent is None else f"its parent has {bytes_text(parent.size_bytes)}"
    unread = f" ({count_text(subset.n_failed)} more could not be read)" if subset.n_failed else ""
    goal = "" if settings.goal is None else f"at most {_goal_text(settings.goal)} lost"
    return (
        Fact(name="Method", value=_METHODS[settings.method], reason=goal),
        Fact(name="Preset", value=preset, reason=meaning),
        Fact(name="Calibrated on", value=f"{count_text(subset.n)} images of {dataset}{unread}", reason=subset.rule),
        Fact(name="Images' hash", value=subset.images_sha256, reason="SHA-256 over their names"),
        Fact(name="Prepared by", value=configuration_summary(recipe.configuration.configuration)),
        Fact(name="Quantised", value=f"{count_text(recipe.quantized_operations)} operations", reason=size),
        Fact(name="Took", value=duration_text(recipe.duration_s)),
        Fact(name="Parent's content", value=recipe.parent_sha256, reason="SHA-256"),
        Fact(name="Made with", value=", ".join(f"{name} {version}" for name, version in recipe.versions.items())),
    )


def _goal_text(goal: AccuracyGoal) -> str:
    if goal.drop_type == "absolute":
        return points_text(goal.max_drop, decimals=None)
    return f"{100 * goal.max_drop:g} % of the parent's top-1"


def _goal_sentence(outcome: AccuracyOutcome) -> str:
    parent, n = outcome.parent_top1, outcome.n_validation
    unread = f" ({count_text(outcome.n_failed)} more could not be read)" if outcome.n_failed else ""
    measured = (
        f"measured on {count_text(n)} validation images{unread}, where the parent has {percent_text(parent.value)}"
    )
    if outcome.reached:
        return f"The goal was reached: at most {_goal_text(outcome.goal)} lost, {measured}."
    return (
        f"The goal was not reached: at most {_goal_text(outcome.goal)} were to be lost, {measured}. "
        "This is the best of all candidates."
    )


def _candidate(candidate: Candidate, outcome: AccuracyOutcome) -> CandidateRow:
    relative = outcome.goal.drop_type == "relative"
    drop = (
        f"{100 * candidate.drop:.2f} %"
        if relative
        else f"{signed_points_text(candidate.drop).removeprefix('+')} points"
    )
    return CandidateRow(
        number=candidate.number,
        layers=candidate.layers_in_floating_point,
        top1=percent_text(candidate.top1.value),
        interval=interval_text(candidate.top1),
        drop=drop,
        reached=candidate.reached,
        chosen=candidate.number == outcome.chosen,
    )
