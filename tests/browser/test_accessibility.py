"""Every page is for everybody: axe-core finds nothing serious, nothing scrolls sideways, titles tell pages apart.

The world that is shown has hostile names everywhere, so the pages also prove that such names do nothing.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hostile_world import World

_AXE = Path(__file__).parent / "axe.min.js"
_WIDTHS = (390, 768, 1280)


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core."""
    if not _AXE.is_file():
        pytest.skip(f"axe-core is not here; `make {_AXE.relative_to(Path(__file__).parents[2])}` fetches it")
    return _AXE.read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(visit: Any, page: Any, world: World, axe: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    found: list[str] = []
    for name in world.addresses():
        visit(name).evaluate(axe)
        for violation in page.evaluate("async () => (await axe.run(document)).violations"):
            if violation["impact"] in {"serious", "critical"}:
                where = [node["html"][:160] for node in violation["nodes"][:3]]
                found.append(f"{name}: {violation['id']}: {violation['help']}: {where}")
    assert found == []


@pytest.mark.parametrize("width", _WIDTHS)
def test_no_page_scrolls_sideways(visit: Any, page: Any, world: World, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    wider = {name: visit(name).evaluate("document.documentElement.scrollWidth") for name in world.addresses()}
    assert {name: found for name, found in wider.items() if found > width} == {}


def test_every_page_says_what_it_is(visit: Any, page: Any, world: World) -> None:
    titles: dict[str, str] = {}
    for name in world.addresses():
        visit(name)
        assert page.locator("h1").count() == 1, name
        levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all("all => all.map((h) => +h.tagName[1])")
        assert all(below - above <= 1 for above, below in pairwise(levels)), f"{name} skips a level: {levels}"
        assert page.locator("main").count() == 1, name
        titles[name] = page.title()
    repeated = {name: title for name, title in titles.items() if list(titles.values()).count(title) > 1}
    assert repeated == {}


def test_hostile_names_are_shown_and_do_nothing(visit: Any, page: Any, world: World) -> None:
    for name in world.addresses():
        visit(name)
        assert page.title() != "taken", name
        assert page.locator("img[src=x]").count() == 0, name
        assert "1337" not in page.locator("body").inner_text(), f"{name} computes what a class name says"
    assert page.locator("h1").count() == 1


def test_text_can_be_twice_as_large_without_loss(visit: Any, page: Any, world: World) -> None:
    # 640 px wide at 200 % is what a window of 1280 px shows when it is zoomed.
    page.set_viewport_size({"width": 640, "height": 450})
    for name in world.addresses():
        hidden = visit(name).evaluate(
            """() => [...document.querySelectorAll("main button, main a.button, main input, main select")]
                .filter((c) => c.checkVisibility() && c.getBoundingClientRect().right > innerWidth
                    && !c.closest(".table-wrap") && getComputedStyle(c).position !== "absolute")
                .map((c) => c.outerHTML.slice(0, 120))"""
        )
        assert hidden == [], name
