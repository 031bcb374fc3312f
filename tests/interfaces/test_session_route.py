"""The route that sets the cookie: once a ticket, for this app's own pages only, and so that no script can read it."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit import config

from interfaces.service.tickets import TICKETS, Ticket
from interfaces.session_route import COOKIE, session_route

HOST = "monitoria.example"
OURS = {"origin": f"http://{HOST}", "content-type": "application/json"}


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[session_route()]), base_url=f"http://{HOST}")


@pytest.fixture
def below_a_path() -> Iterator[TestClient]:
    """The app as it is served with ``server.baseUrlPath``."""
    config.set_option("server.baseUrlPath", "curso/redes")
    yield TestClient(Starlette(routes=[session_route()]), base_url=f"http://{HOST}")
    config.set_option("server.baseUrlPath", "")


def keep(token: str = "a.token") -> str:
    return TICKETS.give(Ticket("keep", token, 3600))


def bring(client: TestClient, word: str, path: str = "/session", **headers: str):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, json={"ticket": word}, headers=OURS | named)


def cookie(answer):
    found = SimpleCookie(answer.headers.get("set-cookie", ""))
    return found.get(COOKIE)


def test_a_ticket_becomes_a_cookie_once(client: TestClient) -> None:
    word = keep()
    answer = bring(client, word)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["cache-control"] == "no-store"
    kept = cookie(answer)
    assert kept is not None
    assert kept.value == "a.token"
    assert (kept["httponly"], kept["samesite"], kept["path"], kept["max-age"]) == (True, "strict", "/", "3600")
    assert not kept["secure"]
    again = bring(client, word)
    assert (again.status_code, cookie(again)) == (410, None)


@pytest.mark.parametrize("headers", [{"origin": f"https://{HOST}"}, {"origin": f"https://{HOST}:8443"}])
def test_over_https_the_cookie_is_for_https_alone_even_behind_a_proxy(
    client: TestClient, headers: dict[str, str]
) -> None:
    kept = cookie(bring(client, keep(), sec_fetch_site="same-origin", **headers))
    assert kept is not None
    assert kept["secure"] is True


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        {"origin": "http://elsewhere.example"},
        {"origin": "null"},
        {"origin": ""},
        {"content_type": "text/plain"},
        {"content_type": "application/x-www-form-urlencoded"},
    ],
)
def test_another_sites_page_gets_nothing_and_uses_nothing_up(client: TestClient, headers: dict[str, str]) -> None:
    word = keep()
    answer = bring(client, word, **headers)
    assert (answer.status_code, cookie(answer)) == (403, None)
    assert cookie(bring(client, word)) is not None


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[" * 999, b"[]", b'{"ticket": 1}', b'{"ticket": ""}', b'{"ticket": "%s"}' % (b"0" * 2000)],
)
def test_what_is_no_ticket_is_told_so(client: TestClient, body: bytes) -> None:
    answer = client.post("/session", content=body, headers=OURS)
    assert (answer.status_code, cookie(answer)) == (410, None)


@pytest.mark.parametrize(("had", "drops", "gone"), [("a", "a", True), ("b", "a", False), ("b", "", True)])
def test_only_the_token_that_ended_is_dropped_or_whichever_there_is(
    client: TestClient, had: str, drops: str, gone: bool
) -> None:
    """Another tab may have signed in anew meanwhile."""
    client.cookies.set(COOKIE, had)
    answer = bring(client, TICKETS.give(Ticket("drop", drops)))
    assert answer.status_code == 204
    dropped = cookie(answer)
    assert (dropped is not None) == gone
    assert dropped is None or (dropped["max-age"], dropped.value) == ("0", "")


def test_below_a_path_the_cookie_is_of_that_path(below_a_path: TestClient) -> None:
    assert bring(below_a_path, keep()).status_code == 404
    kept = cookie(bring(below_a_path, keep(), "/curso/redes/session"))
    assert kept is not None
    assert kept["path"] == "/curso/redes"
