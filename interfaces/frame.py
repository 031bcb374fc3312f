"""What the server answers to the address of a page: Streamlit's empty frame, in the language that will fill it.

Streamlit answers every address so, in English, and only then says in a window of its own that there is no such page; of
an address with two parts nothing is shown at all. Here an address that no page has gets a page that says so.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

import streamlit as st
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from corpus.language import Language, interface_language
from interfaces.pages.menu import PAGES
from interfaces.session_route import base_path

# Not pages, but what Streamlit serves to them; a report to be downloaded is HTML, too.
_NO_PAGES = ("_stcore/", "media/", "component/", "static/", "app/")
_NO_SCRIPT = {
    "pt": "A Monitoria precisa de JavaScript: ligue-o neste navegador e recarregue a página.",
    "en": "Monitoria needs JavaScript: turn it on in this browser and reload the page.",
}
_MISSING = {
    "pt": ("Não há página neste endereço", "O endereço pode ter mudado ou estar incompleto.", "Ir para a Monitoria"),
    "en": ("There is no page at this address", "The address may have changed, or be incomplete.", "Go to Monitoria"),
}
_LANGUAGES = {"pt": "pt-BR", "en": "en"}
_MISSING_PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Monitoria</title>
<style>
:root {{ color-scheme: light dark; }}
body {{
  font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto 0; padding: 0 1.25rem;
  color: light-dark(#23262b, #e9e6e0); background: light-dark(#fdfcfa, #16181b);
}}
h1 {{ font-size: 1.6rem; font-weight: 650; }}
a {{ color: light-dark(#0f5c57, #8fd3cb); }}
</style>
</head>
<body><main><h1>{title}</h1><p>{why}</p><p><a href="{home}">{way}</a></p></main></body>
</html>
"""


def frame() -> Middleware:
    """The middleware, to stand before Streamlit's own."""
    return Middleware(_Frame)


class _Frame:
    """Puts our answer in the place of each of Streamlit's that is a frame for a page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = _name(scope)
        if name is None:
            await self._app(scope, receive, send)
            return
        ours: HTMLResponse | None = None

        async def pass_on(message: Message) -> None:
            nonlocal ours
            if message["type"] == "http.response.start" and _is_frame(message):
                ours = _answer(scope, name)
            if ours is None:
                await send(message)

        # Streamlit would else answer that its frame has not changed; ours changes with the language.
        asked = [(key, value) for key, value in scope["headers"] if not key.startswith(b"if-")]
        await self._app({**scope, "headers": asked}, receive, pass_on)
        if ours is not None:
            await ours(scope, receive, send)


def _name(scope: Scope) -> str | None:
    """The page that is asked for by its name in the address, empty for the first; ``None`` where it is no page."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return None
    path, base = str(scope["path"]), base_path()
    if not f"{path}/".startswith(f"{base}/"):
        return None
    name = path[len(base) :].removeprefix("/")
    return None if name.startswith(_NO_PAGES) else name


def _is_frame(message: Message) -> bool:
    kind = Headers(raw=message["headers"]).get("content-type", "")
    return message["status"] == 200 and kind.startswith("text/html")


def _answer(scope: Scope, name: str) -> HTMLResponse:
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[0]
    language: Language = "pt" if asked == "pt" else "en" if asked == "en" else interface_language()
    headers = {"Cache-Control": "no-cache"}
    if not name or any(name == entry.module for entry in PAGES):
        return HTMLResponse(_frame_in(language), headers=headers)
    title, why, way = _MISSING[language]
    home = f"{base_path()}/" + (f"?lang={asked}" if asked in _LANGUAGES else "")
    page = _MISSING_PAGE.format(lang=_LANGUAGES[language], title=title, why=why, way=way, home=escape(home))
    return HTMLResponse(page, 404, headers=headers)


@cache
def _frame_in(language: Language) -> str:
    """Streamlit's frame, in a language and with our name."""
    text = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    text = text.replace('<html lang="en">', f'<html lang="{_LANGUAGES[language]}">', 1)
    text = text.replace("<title>Streamlit</title>", "<title>Monitoria</title>", 1)
    told = f"<noscript><p>{_NO_SCRIPT[language]}</p></noscript>"
    return re.sub(r"<noscript>.*?</noscript>", lambda _: told, text, count=1, flags=re.DOTALL)
