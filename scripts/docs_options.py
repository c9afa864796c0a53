"""Write the tables of options in docs/command-line.md from the commands themselves: `make docs-options`.

The tables stand between ``<!-- options: evaluate -->`` and ``<!-- end -->``; everything around them is written by hand.
A test compares the page with what this script makes.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from typer.models import OptionInfo

from accubench.cli.app import app

PAGE = Path(__file__).resolve().parents[1] / "docs" / "command-line.md"
SHARED = "Workspace"
"""Options of this panel of the help are described once, for all commands."""
_TABLE = re.compile(r"(<!-- options: (?P<command>[a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Bring the page up to date."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def with_tables(page: str) -> str:
    """The page with every table as the command of today has it."""
    known = dict(commands())
    return _TABLE.sub(lambda match: f"{match[1]}{table(known[match['command']])}{match[3]}", page)


def commands() -> Iterator[tuple[str, Callable[..., None]]]:
    """The function of every command, by what is typed after ``accubench``."""
    for command in app.registered_commands:
        yield _name(command), command.callback
    for group in app.registered_groups:
        for command in group.typer_instance.registered_commands:
            yield f"{group.name} {_name(command)}", command.callback


def parameters(command: Callable[..., None]) -> Iterator[tuple[str, Any, Any, Any]]:
    """Name, type, description and default of each argument and option of a command."""
    hints = get_type_hints(command, include_extras=True)
    for name, parameter in inspect.signature(command).parameters.items():
        kind, described = get_args(hints[name])[:2]
        yield name, kind, described, parameter.default


def options(command: Callable[..., None], *, shared: bool) -> list[str]:
    """The names of a command's options, those that all commands share or the others."""
    return [
        _flag(described)
        for _, _, described, _ in parameters(command)
        if isinstance(described, OptionInfo) and (described.rich_help_panel == SHARED) is shared
    ]


def table(command: Callable[..., None]) -> str:
    """Arguments and options of a command as a Markdown table; shared options are left out."""
    rows = [
        _row(name, kind, described, default)
        for name, kind, described, default in parameters(command)
        if described.rich_help_panel != SHARED
    ]
    return "\n".join(["", "| what | meaning | default |", "|---|---|---|", *rows, "", ""]) if rows else ""


def _row(name: str, kind: Any, described: Any, default: Any) -> str:
    kinds = [kind, *get_args(kind)]
    if isinstance(described, OptionInfo):
        value = "" if kind is bool else f" {described.metavar or _value_name(name, kinds)}"
        shown = f"{_flag(described)}{value}"
    else:
        shown = described.metavar or name.upper()
    repeated = " May be repeated." if any(get_origin(one) is list for one in kinds) and default is None else ""
    meaning = str(described.help).replace("|", "\\|")
    return f"| `{shown}` | {meaning}{repeated} | {_default(default)} |"


def _flag(described: OptionInfo) -> str:
    # Inside Annotated, typer keeps the first name where a default would stand.
    names = (described.default, *(described.param_decls or ()))
    return next(name for name in names if isinstance(name, str) and name.startswith("--"))


def _default(default: Any) -> str:
    if default is inspect.Parameter.empty:
        return "required"
    return "" if default is None or default is False else f"`{default.value if isinstance(default, Enum) else default}`"


def _value_name(name: str, kinds: list[Any]) -> str:
    kind = next(one for one in kinds if isinstance(one, type) and one is not NoneType)
    if issubclass(kind, Enum):
        return "{" + ",".join(str(choice.value) for choice in kind) + "}"
    return {int: "N", float: "NUMBER"}.get(kind, name.upper().replace("_", "-"))


def _name(command: Any) -> str:
    return command.name or command.callback.__name__.replace("_", "-")


if __name__ == "__main__":
    main()
