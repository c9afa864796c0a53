"""``accubench models delete``, ``datasets delete``, ``reports delete``: name what goes with it, ask, delete."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from accubench.cli.options import DatabaseOption, DebugOption, JsonOption, WorkspaceOption
from accubench.cli.session import clear_errors, open_workspace
from accubench.errors import DatasetNotFoundError, ModelNotFoundError, UsageError

if TYPE_CHECKING:
    from accubench.records.dependents import Dependents

__all__ = ["delete_dataset", "delete_model", "delete_report"]

YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask, and delete what depends on it as well.")]


class _Versioned(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...


def delete_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name or id in the workspace.")],
    yes: YesOption = False,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Delete a model with its predictions, and with the projects and reports that depend on it."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        model_id = _one(name, opened.models(), ModelNotFoundError, "model")
        _ask(opened.dependents("model", model_id), yes=yes)
        _tell(opened.delete_model(model_id, with_dependents=True), json_output=json_output)


def delete_dataset(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name or id in the workspace.")],
    yes: YesOption = False,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Delete a dataset, and the projects and reports that depend on it; images outside the workspace stay."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        dataset_id = _one(name, opened.datasets(), DatasetNotFoundError, "dataset")
        _ask(opened.dependents("dataset", dataset_id), yes=yes)
        _tell(opened.delete_dataset(dataset_id, with_dependents=True), json_output=json_output)


def delete_report(
    report: Annotated[str, typer.Argument(metavar="REPORT", help="A report's id, or `latest`.")],
    yes: YesOption = False,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Delete a report, and its predictions where no other report uses them."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        report_id = opened.find_report(report).id
        _ask(opened.dependents("report", report_id), yes=yes)
        _tell(opened.delete_report(report_id), json_output=json_output)


def _one(name: str, known: Sequence[_Versioned], missing: type[Exception], what: str) -> str:
    """The id of the thing of that id or name; a path is never taken for a name here."""
    found = [each for each in known if name in {each.id, each.name}]
    if not found:
        listed = ", ".join(sorted({each.name for each in known})) or "none"
        raise missing(f"There is no {what} '{name}' in the workspace. There are: {listed}.")
    if len(found) > 1:
        versions = ", ".join(f"{each.id} (version {each.version})" for each in found)
        raise UsageError(f"{len(found)} versions of {what} {name} are there: {versions}. Give the id of one.")
    return found[0].id


def _ask(found: Dependents, *, yes: bool) -> None:
    """Name what goes, and let the person decide; who cannot be asked must have said so."""
    also = f", and with it {found.sentence()}" if found.any else ""
    what = f"The {found.kind} {found.name} is to be deleted{also}. This frees {found.n_bytes / 1e6:.1f} MB."
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{what} Say --yes if that is meant.")
    typer.echo(what, err=True)
    typer.confirm("Delete it?", abort=True, err=True)


def _tell(gone: Dependents, *, json_output: bool) -> None:
    if json_output:
        print(gone.model_dump_json())
        return
    also = f", {gone.sentence()}" if gone.any else ""
    typer.echo(f"Deleted: {gone.kind} {gone.name}{also}")
