"""Everything is done with the keyboard alone, and one always sees where one is."""

from __future__ import annotations

from typing import Any

from hostile_world import World
from playwright.sync_api import expect

# What can be worked, and is meant to be: shown, not disabled, not taken out of the order, one of a group of radios.
# Each is given a number of its own, because pages add to themselves while they load.
_CONTROLS = """() => {
  const groups = new Set();
  return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .filter((e) => e.checkVisibility({visibilityProperty: true}) && !e.disabled && e.tabIndex >= 0)
    .filter((e) => e.type !== "radio" || (!groups.has(e.name) && groups.add(e.name)))
    .map((e, number) => { e.control = number; return e.type === "radio" ? `radio ${e.name}` : number; });
}"""
_FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  // In a drawing the outline is a stroke of what the link holds.
  const stroked = e instanceof SVGElement && [...e.children].some((part) => getComputedStyle(part).stroke !== "none");
  const parts = [e, ...(e.id ? document.querySelectorAll(`label[for="${CSS.escape(e.id)}"]`) : []), e.closest("label")];
  const marked = stroked || parts.filter(Boolean).some((part) => {
    const style = getComputedStyle(part);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  });
  const box = e.getBoundingClientRect();
  return {
    key: e.type === "radio" ? `radio ${e.name}` : e.control ?? e.outerHTML.slice(0, 140),
    marked,
    seen: box.bottom > 0 && box.top < innerHeight && box.width > 0,
    html: e.outerHTML.slice(0, 140),
  };
}"""
_MISSED = """(keys) => [...document.querySelectorAll("*")]
    .filter((e) => keys.includes(e.type === "radio" ? `radio ${e.name}` : e.control))
    .map((e) => e.outerHTML.slice(0, 140))
"""
_MOST_STOPS = 1500


def walk(page: Any) -> list[dict[str, Any]]:
    """Press Tab from the top of the page to its end; every stop on the way."""
    stops: list[dict[str, Any]] = []
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(_FOCUSED)
        if stop is None or (stops and stop["key"] == stops[0]["key"]):
            return stops
        stops.append(stop)
    raise AssertionError(f"Tab does not come to an end within {_MOST_STOPS} stops.")


def test_tab_reaches_every_control_of_every_page_and_shows_where_it_is(visit: Any, page: Any, world: World) -> None:
    for name in world.addresses():
        visit(name)
        wanted = page.evaluate(_CONTROLS)
        stops = walk(page)
        reached = {stop["key"] for stop in stops}
        missed = page.evaluate(_MISSED, [key for key in wanted if key not in reached])
        assert missed == [], f"{name}: not to be reached"
        assert [stop["html"] for stop in stops if not stop["marked"]] == [], f"{name}: focus is not to be seen"
        assert [stop["html"] for stop in stops if not stop["seen"]] == [], f"{name}: focus is out of sight"


def test_the_first_stop_skips_the_navigation(visit: Any, page: Any, world: World) -> None:
    for name in world.addresses():
        visit(name)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_arrows_choose_a_method_and_a_typed_drop_means_the_one_that_has_it(visit: Any, page: Any) -> None:
    visit("optimize")
    default, aware = page.get_by_label("Default", exact=True), page.get_by_label("AccuracyAware", exact=True)
    default.focus()
    page.keyboard.press("ArrowDown")
    expect(aware).to_be_checked()
    page.keyboard.press("ArrowUp")
    expect(default).to_be_checked()
    page.get_by_label("Maximum drop").focus()
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    expect(aware).to_be_checked()


def test_images_of_both_models_are_walked_by_letters_and_escape_leads_back(visit: Any, page: Any) -> None:
    visit("comparison broken")
    names = page.locator("table.images tbody td.name a").all_inner_texts()[:2]
    listed = page.url
    page.get_by_role("link", name="Visualize").first.focus()
    page.keyboard.press("Enter")
    for key, name in ((None, names[0]), ("j", names[1]), ("k", names[0])):
        if key is not None:
            page.keyboard.press(key)
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        page.wait_for_load_state("load")
    page.keyboard.press("Escape")
    expect(page.locator("h2.count")).to_be_visible()
    assert page.url == listed
