"""Every command on the pages: `console` blocks are run, in `sh` blocks and in the text they must exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from accubench.cli.app import app
from doc_pages import PAGES, blocks, inline_code, page_id

CONSOLE_PAGES = [page for page in PAGES if blocks(page, "console")]
SH_BLOCKS = [block for page in PAGES for block in blocks(page, "sh")]
STATUS = 'echo "exit status $?"'
_WORD = "accubench"


def steps(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Commands of a page with the output that is shown for each."""
    command, shown = "", []
    for block in blocks(page, "console"):
        for line in block.text.splitlines():
            if line.startswith("$ "):
                if command:
                    yield command, shown
                command, shown = line[2:], []
            elif line.strip():
                shown.append(line)
    yield command, shown


def run_in_one_shell(commands: list[str], folder: Path) -> list[tuple[int, str]]:
    """Exit status and output of each command, run one after the other in one shell."""
    mark = "@@@"
    script = "".join(f"{command}\nstatus=$?; echo; echo '{mark}' $status; (exit $status)\n" for command in commands)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ACCUBENCH_")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash"],
        input=f"exec 2>&1\n{script}",
        cwd=folder,
        env={**environment, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    pieces = re.split(rf"^{mark} (\d+)\n", done.stdout, flags=re.MULTILINE)
    return [(int(status), output) for output, status in zip(pieces[::2], pieces[1::2], strict=False)]


def matches(shown: str, printed: str) -> bool:
    """Whether a printed line is the shown one; three dots stand for anything, blanks count once."""
    pattern = ".*".join(re.escape(part) for part in " ".join(shown.split()).split("..."))
    return re.fullmatch(pattern, " ".join(printed.split())) is not None


def missing_lines(shown: list[str], output: str) -> list[str]:
    """The shown lines that do not occur in the output, in this order."""
    printed = iter(output.splitlines())
    return [line for line in shown if not any(matches(line, candidate) for candidate in printed)]


@pytest.mark.slow
@pytest.mark.parametrize("page", CONSOLE_PAGES, ids=page_id)
def test_the_commands_of_a_page_do_what_the_page_shows(page, page_folder):
    told = list(steps(page))
    commands = [command for command, _ in told]
    done = run_in_one_shell(commands, page_folder("\n".join(commands)))

    assert len(done) == len(told)
    for position, ((command, shown), (status, output)) in enumerate(zip(told, done, strict=True)):
        failing = STATUS in commands[position + 1 : position + 2]
        assert (status != 0) is failing, f"{command}\n{output}"
        assert not missing_lines(shown, output), f"{command}\n{output}"


def accubench_commands(text: str) -> Iterator[list[str]]:
    """The arguments of each accubench command in some shell lines."""
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words = words[1:]
        if words[:1] == [_WORD]:
            end = next(
                (place for place, word in enumerate(words) if word in {"|", ">", "&&", ";", "2>/dev/null"}), None
            )
            yield words[1:end]


def parse(arguments: list[str]) -> None:
    """Let the command line parse arguments without doing anything."""
    command: Any = typer.main.get_command(app)
    rest = list(arguments)
    name = _WORD
    while hasattr(command, "commands"):
        assert rest, f"{name} needs a command"
        name = rest.pop(0)
        assert name in command.commands, f"there is no command {name}"
        command = command.commands[name]
    command.make_context(name, rest)


@pytest.mark.parametrize("block", SH_BLOCKS, ids=str)
def test_commands_that_are_not_run_exist_with_their_options(block):
    for arguments in accubench_commands(block.text):
        parse(arguments)


def test_some_commands_are_checked():
    assert len(CONSOLE_PAGES) >= 5
    assert sum(len(list(accubench_commands(block.text))) for block in SH_BLOCKS) >= 20


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_in_the_text_exist_with_their_options(page):
    root: Any = typer.main.get_command(app)
    for code in inline_code(page):
        words = code.replace("...", "X").split()
        if words[:1] != [_WORD] or len(words) == 1 or words[1].startswith("-") or words[1] == "COMMAND":
            continue
        command = root.commands.get(words[1])
        assert command is not None, code
        if len(words) > 2 and words[2] in getattr(command, "commands", {}):
            command = command.commands[words[2]]
        known = {name for parameter in command.params for name in parameter.opts} | {"--help", "-h"}
        assert {word for word in words if word.startswith("-")} <= known, code
