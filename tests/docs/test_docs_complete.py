"""The pages mention what there is, and nothing else: links, options, variables, errors, columns, members."""

from __future__ import annotations

import inspect
import re
import sys

import pytest

import accubench.errors
from accubench import AccuracyReport, ComparisonReport, DistanceReport, Workspace
from accubench.records.comparison import COMPARISON_COLUMNS
from accubench.records.report import REPORT_COLUMNS
from accubench.records.tensor_distance import DISTANCE_COLUMNS
from doc_pages import DOCS, PAGES, ROOT, anchors, blocks, inline_code, links, page_id, read, section

sys.path.insert(0, str(ROOT / "scripts"))
import docs_options  # the script makes part of the page

OTHER_TOOLS = {"--environment"}
"""Options in the text that belong to other programs."""


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_somewhere(page):
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert ROOT in target.parents, link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_can_be_reached_from_the_map():
    reachable = {path.partition("#")[0] for path in links(DOCS / "index.md")}
    assert {page.name for page in DOCS.glob("*.md")} - {"index.md"} <= reachable
    assert "docs/index.md" in set(links(ROOT / "README.md"))


def test_every_picture_is_used_and_small():
    used = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    for picture in (DOCS / "images").iterdir():
        assert picture.resolve() in used, picture
        assert picture.stat().st_size < 300_000, picture


def test_pictures_ask_nothing_of_the_net():
    for picture in (DOCS / "images").glob("*.svg"):
        assert not re.search(r"(?:href|src|url)\W{0,3}https?:", picture.read_text(encoding="utf-8")), picture


def test_the_tables_of_options_are_those_of_the_commands():
    page = read("command-line.md")
    assert docs_options.with_tables(page) == page, "run `make docs-options`"


@pytest.mark.parametrize("name", [name for name, _ in docs_options.commands()])
def test_every_command_has_its_section_with_every_option(name):
    command = dict(docs_options.commands())[name]
    page = read("command-line.md")
    text = section(page, f"{'###' if ' ' in name else '##'} accubench {name}")
    for option in docs_options.options(command, shared=False):
        assert f"`{option}" in text, option
    for option in docs_options.options(command, shared=True):
        assert f"`{option}" in section(page, "### Options of the workspace"), option


def test_the_map_of_the_reference_names_every_command_and_its_parts():
    rows = re.findall(r"^\| \[`accubench (\w+)`\]\(#accubench-\w+\) \| (.*) \|$", read("command-line.md"), re.MULTILINE)
    named = {name: set(re.findall(r"`(\w+)`", text)) for name, text in rows}
    there: dict[str, set[str]] = {}
    for name, _ in docs_options.commands():
        command, _, part = name.partition(" ")
        there.setdefault(command, set()).update({part} - {""})

    assert named == there


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_option_in_the_text_exists(page):
    known = {
        option
        for _, command in docs_options.commands()
        for shared in (True, False)
        for option in docs_options.options(command, shared=shared)
    }
    mentioned = {word for code in inline_code(page) for word in re.findall(r"(?<![\w-])--[a-z][a-z-]+", code)}
    assert mentioned - {"--help", "--version"} - OTHER_TOOLS <= known


def test_every_environment_variable_is_in_the_reference():
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    variables = set(re.findall(r"ACCUBENCH_[A-Z_]+", sources))
    text = section(read("command-line.md"), "### Environment variables")

    assert variables == set(re.findall(r"`(ACCUBENCH_[A-Z_]+)`", text))


def test_every_exit_status_is_in_the_reference():
    from accubench.cli import session

    text = section(read("command-line.md"), "### Exit status")
    statuses = {0, session.GATE_MISSED, session.UNUSABLE, session.INTERRUPTED}
    assert statuses == {int(status) for status in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}


def test_every_error_has_its_entry():
    classes = [
        one
        for name in accubench.errors.__all__
        if inspect.isclass(one := getattr(accubench.errors, name)) and issubclass(one, BaseException)
    ]
    assert len(classes) > 15
    for one in classes:
        assert len(section(read("troubleshooting.md"), f"### {one.__name__}").strip()) > 40, one


def test_no_entry_is_of_an_error_that_does_not_exist():
    entries = re.findall(r"^### (\w+(?:Error|Cancelled))$", read("troubleshooting.md"), re.MULTILINE)
    assert set(entries) <= set(accubench.errors.__all__)


@pytest.mark.parametrize(
    ("heading", "columns"),
    [
        ("## The table", REPORT_COLUMNS),
        ("### The table of a comparison", COMPARISON_COLUMNS),
        ("### The table of a tensor distance", DISTANCE_COLUMNS),
    ],
)
def test_every_column_of_the_table_is_explained_with_its_title(heading, columns):
    text = section(read("interpret-report.md"), heading)
    told = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ", text, re.MULTILINE)
    assert told == [(column, title) for column, (_, title, _) in columns.items()]


def test_every_warning_after_an_evaluation_is_explained():
    text = section(read("interpret-report.md"), "## Warnings")
    rooms = [ROOT / "src/accubench/tasks", ROOT / "src/accubench/analysis"]
    sources = "".join(path.read_text(encoding="utf-8") for room in rooms for path in sorted(room.glob("*.py")))
    codes = set(re.findall(r"_warning\(\s*\"([a-z-]+)\"", sources))

    assert "near-chance" in codes
    assert codes == set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("one", "heading"),
    [
        (Workspace, "## Workspace"),
        (AccuracyReport, "## The report"),
        (ComparisonReport, "## A comparison of two models"),
        (DistanceReport, "## A tensor distance"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_every_public_member_is_in_its_section_of_the_python_page(one, heading):
    text = section(read("python.md"), heading)
    for name in dir(one):
        if not name.startswith("_"):
            assert re.search(rf"`{name}[`(]", text), name


def test_the_tutorial_shows_its_configuration():
    shown = blocks(DOCS / "tutorial.md", "yaml")[0].text
    lines = (DOCS / "examples/tutorial.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    assert shown == "".join(line for line in lines if not line.startswith("#"))


@pytest.mark.parametrize(
    "page",
    [
        page
        for page in PAGES
        if page.parent == ROOT
        or page.name
        in {
            "index.md",
            "tutorial.md",
            "command-line.md",
            "python.md",
            "interpret-report.md",
            "troubleshooting.md",
            "how-to.md",
            "how-it-works.md",
        }
    ],
    ids=page_id,
)
def test_fences_say_what_they_are(page):
    infos = re.findall(r"^```([^\n]*)\n.*?^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert set(infos) <= {"console", "sh", "python", "python no-run", "yaml", "text"}
