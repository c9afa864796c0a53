"""The pages of the documentation, taken apart: fenced blocks, links, headings, code in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("*.md"))]
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    page: Path
    line: int
    info: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def page_id(page: Path) -> str:
    """The name of a page as a test id."""
    return page.name


def section(page: str, heading: str) -> str:
    """The text below a heading, up to the next one of the same level or a higher one."""
    level, _, _ = heading.partition(" ")
    found = re.search(rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{len(level)}}} |\Z)", page, re.DOTALL | re.MULTILINE)
    assert found, f"no heading {heading}"
    return found[1]


def read(name: str) -> str:
    """A page of the documentation."""
    return (DOCS / name).read_text(encoding="utf-8")


def blocks(page: Path, info: str) -> list[Block]:
    """The blocks of a page with this word behind the fence."""
    text = page.read_text(encoding="utf-8")
    found = _FENCE.finditer(text)
    return [
        Block(page, text.count("\n", 0, match.start()) + 1, match["info"].strip(), match["text"])
        for match in found
        if match["info"].strip() == info
    ]


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def inline_code(page: Path) -> list[str]:
    """What stands between single backquotes."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose(page))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    return {_anchor(heading) for heading in re.findall(r"^#+ +(.+?) *$", prose(page), re.MULTILINE)}


def links(page: Path) -> Iterator[str]:
    """Targets of Markdown links and images, and of HTML images."""
    text = prose(page)
    yield from re.findall(r"\]\(([^)\s]+)\)", text)
    yield from re.findall(r"(?:src|srcset)=\"([^\"]+)\"", text)


def _anchor(heading: str) -> str:
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
