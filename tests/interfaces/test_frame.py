"""The frame of a page: in the language that will fill it; and what an address is told that no page has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit import config
from streamlit.web.server.starlette.starlette_app import create_streamlit_middleware
from streamlit.web.server.starlette.starlette_static_routes import create_streamlit_static_assets_routes

from corpus.language import set_interface_language
from interfaces.frame import frame
from interfaces.pages.menu import PAGES

THEIRS = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")


def serve(base: str = "") -> TestClient:
    """Streamlit's own files as it serves them, behind our middleware, and a report that somebody downloads."""
    report = Route(f"{base}/media/report.html", lambda _: HTMLResponse("<html lang='en'>a report"))
    routes = [report, *create_streamlit_static_assets_routes(base_url=base.strip("/"))]
    return TestClient(Starlette(routes=routes, middleware=[frame(), *create_streamlit_middleware()]))


@pytest.fixture
def client() -> TestClient:
    return serve()


@pytest.fixture
def below_a_path() -> Iterator[TestClient]:
    config.set_option("server.baseUrlPath", "curso/redes")
    yield serve("/curso/redes")
    config.set_option("server.baseUrlPath", "")


@pytest.fixture(autouse=True)
def _portuguese() -> Iterator[None]:
    set_interface_language("pt")
    yield
    set_interface_language(None)


def test_a_page_s_frame_is_streamlit_s_in_another_language_and_with_our_name(client: TestClient) -> None:
    for name in ("", *(entry.module for entry in PAGES)):
        answer = client.get(f"/{name}?c=abc")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"
        assert "etag" not in answer.headers
        assert '<html lang="pt-BR">' in answer.text
        assert "<title>Monitoria</title>" in answer.text
        assert "precisa de JavaScript" in answer.text
        assert "You need to enable" not in answer.text
        assert answer.text.count("<script") == THEIRS.count("<script")


@pytest.mark.parametrize(
    ("query", "speaks", "lang"),
    [
        ("", "pt", "pt-BR"),
        ("", "en", "en"),
        ("?lang=en", "pt", "en"),
        ("?lang=pt", "en", "pt-BR"),
        ("?lang=x", "pt", "pt-BR"),
    ],
)
def test_the_address_says_the_language_else_the_installation_does(
    client: TestClient, query: str, speaks: str, lang: str
) -> None:
    set_interface_language(speaks)  # type: ignore[arg-type]
    for name in ("", "chat", "nothing"):
        assert f'<html lang="{lang}">' in client.get(f"/{name}{query}").text


@pytest.mark.parametrize("path", ["nothing", "evaluation/report", "a/b/c", "index.html", "chat.html", "%3Cscript%3E"])
def test_an_address_that_no_page_has_says_so_and_leads_home(client: TestClient, path: str) -> None:
    answer = client.get(f"/{path}?lang=pt&x=%22%3E%3Cscript%3E")
    assert answer.status_code == 404
    assert "Não há página neste endereço" in answer.text
    assert 'href="/?lang=pt"' in answer.text
    assert "<script" not in answer.text
    assert client.head(f"/{path}").status_code == 404


def test_what_is_no_page_stays_as_streamlit_serves_it(client: TestClient) -> None:
    script = next(part for part in THEIRS.split('"') if part.endswith(".js"))
    assert client.get(script.removeprefix(".")).headers["content-type"].startswith(("text/javascript", "application/"))
    assert client.get("/media/report.html").text == "<html lang='en'>a report"
    assert client.get("/favicon.png").headers["content-type"] == "image/png"
    assert client.get("/_stcore/health").status_code == 404
    assert client.get("/segments/_stcore/health").status_code == 404
    assert client.post("/").status_code == 405
    assert client.get("/chat/", follow_redirects=False).headers["location"] == "/chat"


def test_a_browser_that_kept_streamlit_s_frame_gets_ours(client: TestClient) -> None:
    mark = TestClient(Starlette(routes=create_streamlit_static_assets_routes(base_url=""))).get("/").headers["etag"]
    answer = client.get("/", headers={"if-none-match": mark})
    assert (answer.status_code, 'lang="pt-BR"' in answer.text) == (200, True)


def test_below_a_path_it_is_the_same(below_a_path: TestClient) -> None:
    for path in ("/curso/redes/", "/curso/redes/chat"):
        assert '<html lang="pt-BR">' in below_a_path.get(path).text
    missing = below_a_path.get("/curso/redes/nothing")
    assert (missing.status_code, 'href="/curso/redes/"' in missing.text) == (404, True)
    assert below_a_path.get("/curso").status_code == 404
