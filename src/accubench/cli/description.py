"""What is known of a model or a dataset, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from accubench.cli.rendering import make_console, make_table
from accubench.cli.text import plain

if TYPE_CHECKING:
    from accubench.records.accuracy_configuration import ResolvedConfiguration
    from accubench.records.model import Model, ModelDescription, ModelFile, TensorDescription
    from accubench.workspace import Workspace

__all__ = ["model_document", "show_dataset_description", "show_model_description"]

_LABELS_SHOWN = 3
_MOSTLY = 0.5
_TITLES = {"size_hw": "height, width"}


def model_document(workspace: Workspace, model: Model) -> dict[str, Any]:
    """Everything known of a model, for JSON: its record, its lineage, and the configuration inferred from it."""
    resolved, refused = _inferred(model.description)
    return {
        **model.model_dump(mode="json"),
        "quantized": model.description.integer_share > _MOSTLY,
        "parent_name": _parent_name(workspace, model) or None,
        "optimized_models": [_brief(other) for other in _children(workspace, model)],
        "other_versions": [_brief(other) for other in _other_versions(workspace, model)],
        "inferred_configuration": None if resolved is None else resolved.model_dump(mode="json"),
        "inferred_configuration_error": refused or None,
    }


def show_model_description(workspace: Workspace, model: Model) -> None:
    """Print everything known of a model, and the accuracy configuration inferred from it."""
    description = model.description
    console = make_console()
    console.print(Text(f"{plain(model.name)} (version {model.version}, {model.id})", style="bold"))
    _print_facts(console, "", _origin_facts(workspace, model))
    _print_facts(console, "Network", _network_facts(description))
    _print_facts(console, "Classes", _class_facts(description))
    _print_facts(console, "Preprocessing", _preprocessing_facts(description))
    for note in description.notes:
        console.print(Text.assemble(("Warning: ", "yellow"), plain(note)))
    console.print(Text("\nAccuracy configuration inferred from it", style="bold"))
    _print_configuration(console, description)


def show_dataset_description(document: dict[str, object], findings: list[str]) -> None:
    """Print what is known of a dataset, given as JSON, and what its check found."""
    console = make_console()
    names = document["class_names"]
    classes = document["class_ids"]
    console.print(
        Text(f"{plain(str(document['name']))} (version {document['version']}, {document['id']})", style="bold")
    )
    facts = [("source", str(document["archive"] or document["source"]))]
    facts += [(key, str(document[key])) for key in ("layout", "split", "annotation_file") if document[key]]
    facts.append(("images", str(document["n_images"])))
    if isinstance(subset := document["subset"], dict):
        facts.append(("part", f"{subset['n']} of {subset['of_n']} images. {subset['rule']}"))
    facts.append(("classes", str(len(classes)) if isinstance(classes, list) and classes else "not annotated"))
    if isinstance(names, dict):
        facts.append(("class names", f"{len(names['names'])} from {names['origin']}"))
    _print_facts(console, "", facts)
    for finding in findings:
        console.print(Text.assemble(("Warning: ", "yellow"), plain(finding)))


def _origin_facts(workspace: Workspace, model: Model) -> list[tuple[str, str]]:
    """Where a model comes from, its files, and what was made of it."""
    parent = _parent_name(workspace, model)
    made = [f"{other.name} (version {other.version}, {other.id})" for other in _children(workspace, model)]
    return [
        ("source", model.source),
        ("imported", f"{model.imported_at.astimezone():%Y-%m-%d %H:%M}"),
        *((("optimised from", parent),) if parent else ()),
        *(("optimised model", each) for each in made),
        ("format", model.description.format),
        *(("file", _file(file)) for file in model.files),
    ]


def _network_facts(description: ModelDescription) -> list[tuple[str, str]]:
    weights = [f"{count:,} {dtype}" for dtype, count in description.weight_precisions.items()]
    share = description.integer_share
    return [
        *(("input", _tensor(tensor)) for tensor in description.inputs),
        *(("output", _tensor(tensor)) for tensor in description.outputs),
        *((("scores output", description.scores_output),) if len(description.outputs) > 1 else ()),
        ("parameters", f"{description.parameters:,}"),
        ("weights", ", ".join(weights) or "none"),
        ("quantised", f"yes: {share:.0%} of the weights are integers" if share > _MOSTLY else "no"),
    ]


def _class_facts(description: ModelDescription) -> list[tuple[str, str]]:
    names = description.class_names
    listed = "not known: neither the file nor one beside it names the classes"
    if names is not None:
        more = ", ..." if len(names) > _LABELS_SHOWN else ""
        listed = f"{len(names)} from {names.origin}: {', '.join(names.names[:_LABELS_SHOWN])}{more}"
    single = " (one output stands for two)" if description.single_output else ""
    return [
        ("classes", f"{description.class_count}{single}"),
        ("class names", listed),
        ("scores", f"{description.score_kind}: {description.score_kind_reason}"),
        ("background", f"{'likely' if description.background_class else 'no'}: {description.background_reason}"),
    ]


def _preprocessing_facts(description: ModelDescription) -> list[tuple[str, str]]:
    said = description.metadata.model_dump(exclude={"origins"}, exclude_none=True)
    origins = description.metadata.origins
    return [
        *(("in the graph", sentence) for sentence in description.preprocessing_in_graph or ("nothing",)),
        *(
            (_TITLES.get(field, field.replace("_", " ")), f"{_value(value)}  ({origins.get(field, 'unknown')})")
            for field, value in said.items()
        ),
        *(() if said else (("metadata", "says nothing of preprocessing"),)),
        *(
            (("kept in the file", "the accuracy configuration it was made with"),)
            if description.configuration_yaml
            else ()
        ),
    ]


def _print_configuration(console: Console, description: ModelDescription) -> None:
    from accubench.configuration import write_configuration

    resolved, refused = _inferred(description)
    if resolved is None:
        console.print(Text.assemble(("Note: ", "yellow"), plain(refused)))
        return
    console.print(plain(write_configuration(resolved.model_copy(update={"notes": ()}))), soft_wrap=True)
    for note in resolved.notes:
        console.print(Text.assemble(("Note: ", "yellow"), plain(note)))


def _inferred(description: ModelDescription) -> tuple[ResolvedConfiguration | None, str]:
    """The configuration inferred for a model, or why there is none."""
    from accubench.configuration import infer_configuration
    from accubench.errors import ConfigurationError

    try:
        return infer_configuration(description), ""
    except ConfigurationError as error:
        return None, " ".join(str(error).split())


def _parent_name(workspace: Workspace, model: Model) -> str:
    from accubench.workspace.lineage import parent_name

    return parent_name(model, {other.id: other.name for other in workspace.models()})


def _children(workspace: Workspace, model: Model) -> list[Model]:
    return [other for other in workspace.models() if other.parent_id == model.id]


def _other_versions(workspace: Workspace, model: Model) -> list[Model]:
    return [other for other in workspace.models() if other.name == model.name and other.id != model.id]


def _brief(model: Model) -> dict[str, Any]:
    return {"id": model.id, "name": model.name, "version": model.version}


def _print_facts(console: Console, title: str, facts: Iterable[tuple[str, str]]) -> None:
    table = make_table("", "", title=f"\n{title}" if title else None)
    table.show_header = False
    for key, value in facts:
        table.add_row(Text(key, style="dim"), plain(value))
    console.print(table)


def _file(file: ModelFile) -> str:
    holds = "" if file.network else ", beside the network"
    return f"{file.name} ({file.size_bytes:,} bytes, sha256 {file.sha256}{holds})"


def _value(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(_value(each) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _tensor(tensor: TensorDescription) -> str:
    shape = " x ".join("?" if size is None else str(size) for size in tensor.shape)
    quantization = tensor.quantization
    meaning = f", scale {quantization.scale:g}, zero point {quantization.zero_point}" if quantization else ""
    return f"{tensor.name}: {shape} {tensor.layout or ''} {tensor.dtype}{meaning}"
