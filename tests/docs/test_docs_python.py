"""The Python blocks of the pages run, and give what their comments say."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

import pytest

from doc_pages import PAGES, blocks, page_id

PYTHON_PAGES = [page for page in PAGES if blocks(page, "python")]
FRAGMENTS = [block for page in PAGES for block in blocks(page, "python no-run")]


def expected_values(code: str) -> dict[int, str]:
    """Comments by the line they end."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return {token.start[0]: token.string[1:].strip() for token in tokens if token.type == tokenize.COMMENT}


def run(code: str, names: dict[str, object], where: str) -> None:
    """Run a block; an expression with a value that ends in a comment must have the value it says."""
    comments = expected_values(code)
    for statement in ast.parse(code).body:
        if isinstance(statement, ast.Expr) and statement.end_lineno in comments:
            value = eval(compile(ast.Expression(statement.value), where, "eval"), names)
            said = comments[statement.end_lineno]
            assert value is None or repr(value) == said, (
                f"{where}, line {statement.lineno} of the block: {value!r}, not {said}"
            )
        else:
            exec(compile(ast.Module([statement], []), where, "exec"), names)


@pytest.mark.parametrize("page", PYTHON_PAGES, ids=page_id)
def test_the_python_of_a_page_runs_and_gives_what_it_says(page: Path, page_folder, monkeypatch):
    monkeypatch.chdir(page_folder(""))
    monkeypatch.delenv("ACCUBENCH_WORKSPACE", raising=False)
    monkeypatch.delenv("ACCUBENCH_DATABASE", raising=False)
    names: dict[str, object] = {"__name__": "page"}
    for block in blocks(page, "python"):
        run(block.text, names, str(block))


@pytest.mark.parametrize("block", FRAGMENTS, ids=str)
def test_python_that_is_not_run_compiles(block):
    compile(block.text, str(block), "exec")
