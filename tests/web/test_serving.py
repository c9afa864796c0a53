"""Sockets, tokens and addresses of a server, before it serves."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

import accubench.web
from accubench.errors import UsageError
from accubench.web import ServerSettings
from accubench.web.access import is_loopback
from accubench.web.pages import compile_templates
from accubench.web.serving import address_of, bind, choose_token

TEMPLATES = Path(accubench.web.__file__).parent / "templates"
LOCAL = ServerSettings(token="secret-token")


def test_each_start_has_a_token_of_its_own_that_cannot_be_guessed() -> None:
    tokens = {choose_token(None, "127.0.0.1") for _ in range(20)}
    assert len(tokens) == 20
    assert min(map(len, tokens)) >= 32


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_a_server_that_only_this_machine_reaches_needs_no_token(host: str) -> None:
    assert is_loopback(host)
    assert choose_token("short", host) == "short"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "box.example", "localhost.example"])
@pytest.mark.parametrize("token", [None, "x" * 15])
def test_a_server_that_others_reach_needs_a_long_token(host: str, token: str | None) -> None:
    with pytest.raises(UsageError, match="at least 16 characters"):
        choose_token(token, host)
    assert choose_token("x" * 16, host) == "x" * 16


@pytest.mark.parametrize("token", ["", " padded", "tab\tbed", "new\nline", "größe", "x" * 513])
def test_a_token_that_no_form_could_send_is_refused(token: str) -> None:
    with pytest.raises(UsageError, match="token"):
        choose_token(token, "127.0.0.1")


def test_port_0_takes_a_free_one_and_a_taken_one_is_named() -> None:
    with bind("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        assert port > 0
        with pytest.raises(UsageError, match=f"Port {port} is in use.*--port"):
            bind("127.0.0.1", port)
    with bind("127.0.0.1", port):
        pass  # free again at once


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1", "a b", "x" * 300, "ä"])
def test_a_host_that_is_not_this_machine_is_refused_with_a_sentence(host: str) -> None:
    with pytest.raises(UsageError, match=r"host|address|impossible"):
        bind(host, 0)


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        (LOCAL, "http://127.0.0.1:8000/?token=secret-token"),
        (replace(LOCAL, token="a&b=c d/+"), "http://127.0.0.1:8000/?token=a%26b%3Dc%20d%2F%2B"),
        (replace(LOCAL, host="::1", port=1), "http://[::1]:1/?token=secret-token"),
        (replace(LOCAL, host="0.0.0.0"), "http://127.0.0.1:8000/?token=secret-token"),
        (replace(LOCAL, host="::"), "http://[::1]:8000/?token=secret-token"),
    ],
)
def test_the_printed_address_can_be_opened(settings: ServerSettings, address: str) -> None:
    assert address_of(settings) == address


def test_connections_wait_while_the_server_starts() -> None:
    with bind("localhost", 0) as listening, socket.create_connection(listening.getsockname()[:2], timeout=1) as waiting:
        assert waiting.getpeername() == listening.getsockname()


def test_every_template_of_the_package_can_be_made_ready_before_it_is_asked_for() -> None:
    assert compile_templates() == sorted(path.name for path in TEMPLATES.iterdir())
