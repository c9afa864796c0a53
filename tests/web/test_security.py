"""Who may come in, what may be asked, and what every answer carries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import Route

from accubench.web import ServerSettings, Workbench, create_app
from accubench.web.access import cookie_name, cookie_value, is_known_host, safe_next
from accubench.web.security import CONTENT_SECURITY_POLICY, LARGEST_FORM_BYTES

LOCAL = ServerSettings(token="secret-token")
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


# --- the way in -----------------------------------------------------------------------------------


def test_the_right_token_in_the_address_sets_a_cookie_and_leaves_the_address(stranger: TestClient) -> None:
    answer = stranger.get("/settings?a=1&token=secret-token&b=%20x")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/settings?a=1&b=%20x"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("accubench-8000=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "secret-token" not in cookie
    assert stranger.get("/settings").status_code == 200


def test_a_stranger_gets_a_form_that_leads_to_the_wanted_view(stranger: TestClient) -> None:
    answer = stranger.get("/jobs?state=failed&page=2")

    assert answer.status_code == 401
    assert 'name="next" value="/jobs?state=failed&amp;page=2"' in answer.text

    entered = stranger.post("/token", data={"token": "secret-token", "next": "/jobs?state=failed&page=2"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/jobs?state=failed&page=2")
    assert stranger.get("/jobs?state=failed").status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", "secret-toke", "secret-token-", "SECRET-TOKEN", "ä", "x" * 5000])
def test_a_wrong_token_is_said_to_be_wrong_and_opens_nothing(stranger: TestClient, token: str) -> None:
    by_form = stranger.post("/token", data={"token": token, "next": "/jobs"})
    by_address = stranger.get("/jobs", params={"token": token})

    for answer in (by_form, by_address):
        assert answer.status_code == 401
        assert "This is not the right token" in answer.text
        assert 'value="/jobs"' in answer.text
        assert "set-cookie" not in answer.headers
    assert stranger.get("/jobs").status_code == 401


@pytest.mark.parametrize("path", ["/", "/index.json", "/openapi.json", "/nothing", "/jobs/j-1/events", "/token"])
def test_nothing_but_static_files_is_given_to_a_stranger(stranger: TestClient, path: str) -> None:
    assert stranger.get(path).status_code == 401
    assert stranger.get("/static/workbench.css").status_code == 200


def test_json_is_refused_in_json(stranger: TestClient) -> None:
    for answer in (stranger.get("/jobs.json"), stranger.get("/jobs", headers={"accept": "application/json"})):
        assert answer.status_code == 401
        assert "token" in answer.json()["detail"]


def test_a_stranger_cannot_post(stranger: TestClient, workbench: Workbench) -> None:
    assert stranger.post("/sample").status_code == 401
    assert workbench.workspace.models() == []


def test_programs_may_send_the_token_as_a_header(stranger: TestClient) -> None:
    assert stranger.get("/jobs.json", headers={"authorization": "Bearer secret-token"}).status_code == 200
    assert stranger.get("/jobs.json", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert stranger.get("/jobs.json", headers={"authorization": "Basic secret-token"}).status_code == 401


def test_the_cookie_of_another_token_or_port_opens_nothing(stranger: TestClient) -> None:
    for settings in (replace(LOCAL, token="another-token"), replace(LOCAL, port=8001)):
        stranger.cookies.clear()
        stranger.cookies.set(cookie_name(settings), cookie_value(settings))
        assert stranger.get("/jobs").status_code == 401
    stranger.cookies.set("accubench-8000", "secret-token")
    assert stranger.get("/jobs").status_code == 401


@pytest.mark.parametrize(
    ("address", "goal"),
    [
        ("/reports/r-1?view=images&filter=rank%3E3", "/reports/r-1?view=images&filter=rank%3E3"),
        ("/", "/"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("\x00//evil.example", "/"),
        (" //evil.example", "/"),
        ("evil.example", "/"),
        ("/token?x=1", "/"),
        ("/" + "a" * 10_000, "/"),
        ("", "/"),
    ],
)
def test_after_the_token_only_paths_of_this_server_are_gone_to(stranger: TestClient, address: str, goal: str) -> None:
    assert safe_next(address) == goal
    answer = stranger.post("/token", data={"token": "secret-token", "next": address})
    assert answer.headers["location"] == goal


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/", "//evil.example/%2e%2e"])
def test_an_address_with_a_token_redirects_to_no_other_server(workbench: Workbench, path: str) -> None:
    import asyncio

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"token=secret-token", "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8000")], "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    asyncio.run(create_app(workbench)(scope, receive, send))

    headers = dict(sent[0]["headers"])
    assert sent[0]["status"] == 303
    assert headers[b"location"] in {b"/", b"/%5Cevil.example/"}


# --- hosts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "bound", "known"),
    [
        ("127.0.0.1:8000", LOCAL, True),
        ("localhost:8000", LOCAL, True),
        ("LOCALHOST:8000", LOCAL, True),
        ("[::1]:8000", LOCAL, True),
        ("127.0.0.1:9123", LOCAL, True),  # the near end of an SSH tunnel
        ("localhost", LOCAL, True),
        ("evil.example:8000", LOCAL, False),
        ("evil.example", LOCAL, False),
        ("127.0.0.1.evil.example:8000", LOCAL, False),
        ("localhost.evil.example", LOCAL, False),
        ("192.168.1.5:8000", LOCAL, False),
        ("", LOCAL, False),
        (":8000", LOCAL, False),
        ("localhost:", LOCAL, False),
        ("localhost:8000:8000", LOCAL, False),
        ("localhost:eight", LOCAL, False),
        ("user@localhost:8000", LOCAL, False),
        ("localhost:8000/", LOCAL, False),
        ("::1", LOCAL, False),
        ("192.168.1.5:8000", replace(LOCAL, host="192.168.1.5"), True),
        ("192.168.1.5:8001", replace(LOCAL, host="192.168.1.5"), False),
        ("192.168.1.5:8000", replace(LOCAL, host="0.0.0.0"), True),
        ("[fe80::1]:8000", replace(LOCAL, host="::"), True),
        ("box.example:8000", replace(LOCAL, host="0.0.0.0"), False),
        ("box.example:8000", replace(LOCAL, host="box.example"), True),
        ("[2001:db8::5]:8000", replace(LOCAL, host="2001:db8::5"), True),
        ("bench.example", replace(LOCAL, allowed_hosts=("bench.example",)), True),
        ("bench.example:8443", replace(LOCAL, allowed_hosts=("Bench.example",)), True),
        ("bench.example:8443", replace(LOCAL, allowed_hosts=("bench.example:443",)), False),
        ("bench.example:443", replace(LOCAL, allowed_hosts=("bench.example:443",)), True),
        ("other.example", replace(LOCAL, allowed_hosts=("bench.example",)), False),
    ],
)
def test_only_names_of_this_server_are_answered_to(host: str, bound: ServerSettings, known: bool) -> None:
    assert is_known_host(host, bound) is known


def test_a_foreign_host_is_refused_before_anything_else(client: TestClient) -> None:
    for path in ("/", "/jobs.json", "/static/workbench.css", "/?token=secret-token"):
        answer = client.get(path, headers={"host": "evil.example:8000"})
        assert answer.status_code == 421
        assert "set-cookie" not in answer.headers


def test_two_host_headers_are_refused(client: TestClient) -> None:
    answer = client.get("/", headers=[("host", "127.0.0.1:8000"), ("host", "evil.example")])  # type: ignore[arg-type]
    assert answer.status_code == 400


# --- origins and methods --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://127.0.0.1:8000"}, 303),
        ({"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}, 303),
        ({"origin": "http://127.0.0.1:8001"}, 403),
        ({"origin": "http://localhost:8000"}, 403),
        ({"origin": "http://127.0.0.1"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:8000.evil.example"}, 403),
        ({"origin": "http://evil.example/127.0.0.1:8000"}, 403),
        ({"origin": "http://127.0.0.1:8000@evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "file://"}, 403),
        ({"origin": "http://["}, 403),
        ({"origin": "http://127.0.0.1:8000", "sec-fetch-site": "cross-site"}, 403),
        ({"referer": "http://127.0.0.1:8000/settings"}, 303),
        ({"referer": "http://evil.example/127.0.0.1:8000"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 303),
        ({}, 303),  # a program
    ],
)
def test_only_own_pages_and_programs_may_change_something(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    assert client.post("/settings/clear-cache", headers=headers).status_code == status


def test_the_token_form_too_takes_no_foreign_posts(stranger: TestClient) -> None:
    answer = stranger.post("/token", data={"token": "secret-token"}, headers={"origin": "http://evil.example"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"])
def test_other_methods_are_refused(client: TestClient, method: str) -> None:
    answer = client.request(method, "/") if method != "get" else client.request("FOO", "/")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"


def test_head_is_answered_like_get(client: TestClient) -> None:
    for path, status in (("/", 200), ("/jobs.json", 200), ("/nothing", 404), ("/static/workbench.css", 200)):
        assert client.head(path).status_code == status


# --- sizes ----------------------------------------------------------------------------------------


@pytest.fixture
def small_uploads(workbench: Workbench) -> Iterator[TestClient]:
    """An application that takes uploads of 2 MB, with a route that counts what arrives."""
    workbench.settings = replace(workbench.settings, largest_upload_bytes=2_000_000)
    app = create_app(workbench)

    async def count(request: Request) -> dict[str, int]:
        return {"n": sum([len(chunk) async for chunk in request.stream()])}

    app.add_api_route("/things/upload", count, methods=["POST"])
    app.add_api_route("/things", count, methods=["POST"])
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        client.headers["authorization"] = "Bearer secret-token"
        yield client


def chunks(n_bytes: int) -> Iterator[bytes]:
    for _ in range(n_bytes // 1000):
        yield b"x" * 1000


@pytest.mark.parametrize(
    ("path", "n_bytes", "status"),
    [
        ("/things", LARGEST_FORM_BYTES, 200),
        ("/things", LARGEST_FORM_BYTES + 1000, 413),
        ("/things/upload", 2_000_000 + LARGEST_FORM_BYTES, 200),
        ("/things/upload", 2_001_000 + LARGEST_FORM_BYTES, 413),
    ],
)
def test_a_body_is_limited_whether_it_announces_its_size_or_not(
    small_uploads: TestClient, path: str, n_bytes: int, status: int
) -> None:
    assert small_uploads.post(path, content=b"x" * n_bytes).status_code == status
    assert small_uploads.post(path, content=chunks(n_bytes)).status_code == status


def test_a_large_form_is_refused_with_a_page(client: TestClient) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    for content in (b"token=" + b"x" * 2_000_000, chunks(2_000_000)):
        answer = client.post("/token", content=content, headers=form)
        assert answer.status_code == 413
        assert "That is too large" in answer.text


# --- what every answer carries --------------------------------------------------------------------


def addresses(app: FastAPI) -> list[str]:
    """One address for each route, with ids that nothing has."""
    found = {"/openapi.json", "/static/workbench.css", "/static/nothing.css", "/nothing", "/nothing.json"}
    for route in app.routes:
        if isinstance(route, APIRoute | Route):
            found.add(re.sub(r"\{(\w+)(:\w+)?\}", "0", route.path))
    return sorted(found)


def test_every_answer_has_every_header_whoever_asks(client: TestClient, workbench: Workbench) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    known = dict(client.cookies)
    for cookies in (known, {}):
        client.cookies.clear()
        client.cookies.update(cookies)
        for address in addresses(app):
            for answer in (client.get(address), client.post(address), client.post(address, headers={"origin": "null"})):
                missing = {name for name, value in HEADERS.items() if answer.headers.get(name) != value}
                assert missing == set(), f"{address} {answer.status_code}"
                assert "cache-control" in answer.headers
                assert "server" not in answer.headers
                assert answer.status_code < 500, address


def test_pages_have_nothing_that_the_policy_forbids() -> None:
    templates = Path(__file__).parents[2] / "src" / "accubench" / "web" / "templates"
    forbidden = re.compile(r"""\sstyle=|\son\w+=["']|<script(?![^>]*\ssrc=)|<style|javascript:""")
    found = {path.name: forbidden.findall(path.read_text(encoding="utf-8")) for path in templates.glob("*.html")}
    assert {name: what for name, what in found.items() if what} == {}


def test_an_unexpected_error_is_logged_and_not_shown(workbench: Workbench) -> None:
    app = create_app(workbench)

    def fail() -> None:
        raise RuntimeError("a secret of the server")

    app.add_api_route("/fail", fail)
    app.add_api_route("/fail.json", fail)
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        client.headers["authorization"] = "Bearer secret-token"
        page, data = client.get("/fail"), client.get("/fail.json")

    log = (workbench.workspace.folder / "logs" / "server.log").read_text(encoding="utf-8")
    for answer in (page, data):
        assert answer.status_code == 500
        assert "secret" not in answer.text
        reference = re.search(r"reference ([0-9a-f]{8})", answer.text)
        assert reference is not None
        assert f"[{reference[1]}] GET /fail" in log
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert log.count("RuntimeError: a secret of the server") == 2


def test_values_that_do_not_fit_give_a_page_or_json_that_names_them(client: TestClient) -> None:
    page, data = client.get("/jobs?page=0"), client.get("/jobs.json?page=0")

    assert page.status_code == data.status_code == 422
    assert "page: Input should be greater than or equal to 1" in page.text
    assert data.json()["detail"][0]["loc"] == ["query", "page"]


def test_a_page_that_is_not_there_leads_on(client: TestClient) -> None:
    answer = client.get("/nothing")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert 'href="/projects"' in answer.text
