"""Who comes in and how, and that an address is all there is to a view."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from hostile_world import World
from playwright.sync_api import expect
from running_server import RunningServer, eventually
from watching import Watch


def test_a_visitor_without_the_token_gets_a_form_that_returns_to_the_view(
    context: Any, server: RunningServer, world: World, watch: Watch
) -> None:
    page = context.new_page()
    wanted = server.address + world.addresses()["report filtered"]
    response = page.goto(wanted)
    assert response.status == 401
    page.get_by_label("Token").fill("not the token")
    page.keyboard.press("Enter")
    expect(page.get_by_text("not the right token")).to_be_visible()
    page.get_by_label("Token").fill(re.search(r"token=([^&\s]+)", server.invitation)[1])  # type: ignore[index]
    page.get_by_role("button", name="Open the workbench").click()
    expect(page.locator("h1")).to_have_count(1)
    assert page.url == wanted
    watch.forgive("status of 401")  # of both refusals; the browser tells of them a little later
    assert watch.problems == []


def test_the_printed_address_loses_its_token_on_the_way_in(page: Any, server: RunningServer) -> None:
    assert "token" not in page.url
    assert urlsplit(page.url).path == "/"
    assert page.context.cookies()[0]["httpOnly"]
    assert page.context.cookies()[0]["sameSite"] == "Strict"


def test_back_and_reload_show_the_same_view(visit: Any, page: Any, world: World) -> None:
    visit("report filtered")
    before = page.locator("main").inner_text()
    page.reload()
    assert page.locator("main").inner_text() == before
    visit("report confusion")
    page.go_back()
    assert page.locator("main").inner_text() == before


def test_pages_are_dark_where_the_visitor_wants_it(visit: Any, page: Any, world: World) -> None:
    def brightness(element: str, colour: str) -> int:
        text = page.evaluate(f"getComputedStyle(document.querySelector('{element}')).{colour}")
        return sum(int(part) for part in re.findall(r"\d+", text)[:3])

    for scheme, dark in (("dark", True), ("light", False)):
        page.emulate_media(color_scheme=scheme)
        for name in ("start", "models", "create report", "optimize", "report images", "comparison images", "visualize"):
            visit(name)
            assert (brightness("body", "backgroundColor") < brightness("body", "color")) is dark, name


def test_links_lead_somewhere(visit: Any, page: Any, server: RunningServer, world: World) -> None:
    tried: set[str] = set()
    broken: list[str] = []
    for name in world.addresses().keys() - {"nothing there"}:
        visit(name)
        for link in page.locator("a[href]").evaluate_all(
            "all => all.map((a) => new URL(a.getAttribute('href'), location).href)"
        ):
            address = link.partition("#")[0]
            kind = re.sub(r"[\d.]+", "0", address)
            if kind in tried or not address.startswith(server.address):
                continue
            tried.add(kind)
            response = page.request.get(address)
            if response.status != 200:
                broken.append(f"{response.status} {address} from {name}")
    assert broken == []
    assert len(tried) > 30


def test_images_are_shown_whole_never_cut_off(visit: Any, page: Any, world: World) -> None:
    seen = 0
    of_one = ("dataset", "create report", "report images", "report grid", "visualize")
    of_two = (
        "create comparison",
        "comparison images",
        "comparison flips",
        "comparison visualize",
        "distance visualize",
    )
    for name in (*of_one, *of_two):
        visit(name)
        for box, image, fit in page.locator("main img").evaluate_all(
            """all => all.map((img) => {
                 const inside = (r) => [r.left, r.top, r.right, r.bottom];
                 return [inside(img.parentElement.getBoundingClientRect()), inside(img.getBoundingClientRect()),
                         getComputedStyle(img).objectFit];
               })"""
        ):
            assert fit == "contain", name
            assert all(edge >= around - 1 for edge, around in zip(image[:2], box[:2], strict=True)), (name, image, box)
            assert all(edge <= around + 1 for edge, around in zip(image[2:], box[2:], strict=True)), (name, image, box)
            seen += 1
    assert seen > 20


def test_what_is_typed_before_a_script_comes_counts(page: Any, server: RunningServer, world: World) -> None:
    def open_page(name: str) -> None:
        page.goto(server.address + world.addresses()[name], wait_until="commit")  # a script held back delays the rest

    with held(page, "configuration.js") as arrive:
        open_page("create report")
        page.locator("[data-step=resize] [data-name=interpolation]").select_option("nearest")
        arrive()
        expect(page.locator("#configuration_yaml")).to_have_value(re.compile(r"interpolation: nearest\b"))
        expect(page.locator("[data-preview] img").first).to_be_visible()
    with held(page, "configuration.js") as arrive:
        open_page("create report")
        page.locator("#configuration_yaml").evaluate("(editor) => { editor.value = 'type: nonsense'; }")
        arrive()
        expect(page.get_by_role("button", name="Create", exact=True)).to_be_disabled()
    with held(page, "optimize.js") as arrive:
        open_page("optimize")
        before = page.locator("[data-sharing]").inner_text()
        page.get_by_label("Subset size").fill("3")
        arrive()
        expect(page.locator("[data-sharing]")).not_to_have_text(before)
        expect(page.locator("[data-sharing]")).to_contain_text("on 3 of")


@contextmanager
def held(page: Any, script: str) -> Iterator[Callable[[], None]]:
    """Keep a script of the next page back until the function that is given is called."""
    waiting: list[Any] = []
    address = re.compile(rf"/static/{re.escape(script)}")

    def arrive() -> None:
        eventually(lambda: page.wait_for_timeout(10) or waiting, seconds=15, what="the page to ask for its script")
        waiting.pop().continue_()

    def hold(route: Any) -> None:
        waiting.append(route)

    page.route(address, hold)
    yield arrive
    page.unroute(address)


def test_a_button_that_copied_says_so_for_a_moment(visit: Any, page: Any, world: World) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit("visualize")
    button = page.locator("[data-copy-from='#path']")
    button.dblclick()
    expect(button).to_have_text("Copied")
    page.wait_for_timeout(1500)
    expect(button).to_have_text("Copy path")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#path").inner_text()
