"""Every address of the workbench is answered by the one function that is meant to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from starlette.routing import Match

from accubench.web import Workbench, create_app


def test_no_route_stands_in_the_way_of_a_later_one(workbench: Workbench) -> None:
    routes = list(flat(create_app(workbench).routes))
    hidden: list[str] = []
    for route in routes:
        for method in route.methods:
            path = re.sub(r"\{(\w+)[^}]*\}", "0", route.path)
            scope = {"type": "http", "path": path, "method": method, "headers": [], "root_path": ""}
            first = next(each for each in routes if each.matches(dict(scope))[0] is Match.FULL)
            if first is not route:
                hidden.append(f"{method} {route.path} is answered by {first.path}")
    assert hidden == []
    assert len(routes) > 60


def flat(routes: Any) -> Iterator[Any]:
    """Routes with a path and methods, those of routers that are included among them."""
    for route in routes:
        if getattr(route, "methods", None):
            yield route
        elif included := getattr(getattr(route, "original_router", None), "routes", None):
            yield from flat(included)
