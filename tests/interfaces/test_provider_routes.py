"""The way back from a provider leads to the address that was left, if it is one of ours, and to no other site."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from interfaces.provider_routes import _from_provider, _returning, _to_provider

HOST = "http://monitoria.example"


async def _leads_there(request: Request) -> Response:
    return RedirectResponse("https://provider.example/authorize", 302)


async def _leads_back(request: Request) -> Response:
    return RedirectResponse("/", 302)


async def _says_two_words(request: Request) -> Response:
    return Response("Authentication error", 400)


async def _breaks(request: Request) -> Response:
    raise RuntimeError("whatever a library may raise")


def client(there=_leads_there, back=_leads_back) -> TestClient:
    routes = [Route("/auth/login", _to_provider(there)), Route("/oauth2callback", _from_provider(back))]
    return TestClient(Starlette(routes=routes), base_url=HOST, follow_redirects=False)


def test_there_and_back_again() -> None:
    browser = client()
    there = browser.get("/auth/login", headers={"referer": f"{HOST}/evaluation?run=a1&part=report"})
    assert there.headers["location"] == "https://provider.example/authorize"
    back = browser.get("/oauth2callback?state=s&code=c")
    assert back.headers["location"] == "/evaluation?run=a1&part=report&returned=1"
    assert "monitoria-left" not in browser.cookies
    assert browser.get("/auth/login", headers={"referer": f"{HOST}/p%C3%A1gina?q=%C3%A9"}).status_code == 302
    assert browser.get("/oauth2callback?state=s").headers["location"] == "/p%C3%A1gina?q=%C3%A9&returned=1"
    # Of a second time nothing is left over.
    assert browser.get("/oauth2callback?state=s&code=c").headers["location"] == "/?returned=1"


def test_after_signing_out_it_is_left_alone() -> None:
    assert client().get("/oauth2callback").headers["location"] == "/"


@pytest.mark.parametrize("fault", [_says_two_words, _breaks])
def test_what_goes_wrong_leads_to_a_page_of_ours(fault) -> None:
    browser = client(fault, fault)
    there = browser.get("/auth/login", headers={"referer": f"{HOST}/account"})
    assert (there.status_code, there.headers["location"]) == (302, "/account?returned=1")
    back = browser.get("/oauth2callback?state=s")
    assert (back.status_code, back.headers["location"]) == (302, "/?returned=1")


@pytest.mark.parametrize(
    "address",
    [
        "//elsewhere.example/x",
        "https://elsewhere.example/x",
        "\\\\elsewhere.example",
        "/\\elsewhere.example",
        "//[",
        "x",
        "",
    ],
)
def test_another_sites_address_is_the_first_page(address: str) -> None:
    assert _returning(address) == "/?returned=1"


@given(st.text())
def test_whatever_the_cookie_says_the_way_stays_within_the_app(address: str) -> None:
    leads = _returning(address)
    assert leads.isascii()
    assert leads.isprintable()
    assert leads.startswith("/")
    assert not leads.startswith(("//", "/\\"))
    assert parse_qs(urlsplit(leads).query)["returned"] == ["1"]
