"""What is known of a model or a dataset, as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.text import Text

from accubench.cli.rendering import make_console, make_table
from accubench.cli.text import plain

if TYPE_CHECKING:
    from accubench.records.model import Model, TensorDescription

__all__ = ["show_dataset_description", "show_model_description"]


def show_model_description(model: Model) -> None:
    """Print a model's description and the accuracy configuration inferred from it."""
    from accubench.configuration import infer_configuration, write_configuration

    description = model.description
    console = make_console()
    console.print(Text(f"{plain(model.name)} (version {model.version}, {model.id})", style="bold"))
    facts = [
        ("source", model.source),
        ("format", description.format),
        ("files", ", ".join(f"{file.name} ({file.size_bytes:,} bytes)" for file in model.files)),
        ("sha256", model.files[0].sha256),
        *(("input", _tensor(tensor)) for tensor in description.inputs),
        *(("output", _tensor(tensor)) for tensor in description.outputs),
        ("classes", str(description.class_count)),
        ("scores", f"{description.score_kind}: {description.score_kind_reason}"),
        ("background", f"{'likely' if description.background_class else 'no'}: {description.background_reason}"),
        ("parameters", f"{description.parameters:,}"),
        ("weights", ", ".join(f"{n:,} {dtype}" for dtype, n in description.weight_precisions.items())),
        *(("in the graph", sentence) for sentence in description.preprocessing_in_graph),
        *(
            ("says", f"{field}: {value} ({description.metadata.origins.get(field, 'unknown')})")
            for field, value in description.metadata.model_dump(exclude={"origins"}, exclude_none=True).items()
        ),
    ]
    if description.class_names:
        facts.append(("class names", f"{len(description.class_names)} from {description.class_names.origin}"))
    _print_facts(facts)
    console.print(Text("\nAccuracy configuration inferred from it", style="bold"))
    resolved = infer_configuration(description)
    console.print(plain(write_configuration(resolved)), soft_wrap=True)
    for note in (*description.notes, *resolved.notes):
        console.print(Text.assemble(("Note: ", "yellow"), plain(note)))


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
    _print_facts(facts)
    for finding in findings:
        console.print(Text.assemble(("Warning: ", "yellow"), plain(finding)))


def _print_facts(facts: Iterable[tuple[str, str]]) -> None:
    table = make_table("", "")
    table.show_header = False
    for key, value in facts:
        table.add_row(Text(key, style="dim"), plain(value))
    make_console().print(table)


def _tensor(tensor: TensorDescription) -> str:
    shape = " x ".join("?" if size is None else str(size) for size in tensor.shape)
    quantization = tensor.quantization
    meaning = f", scale {quantization.scale:g}, zero point {quantization.zero_point}" if quantization else ""
    return f"{tensor.name}: {shape} {tensor.layout or ''} {tensor.dtype}{meaning}"
