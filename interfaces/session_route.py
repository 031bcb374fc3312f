"""The one thing of signing in with a password that a page cannot do: a cookie that no script sees.

A page's script brings a ticket (`interfaces.service.tickets`); the answer sets the cookie, or drops it.
"""

from __future__ import annotations

import json

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from interfaces.service.tickets import TICKETS

COOKIE = "monitoria"
_LONGEST = 1000


def base_path() -> str:
    """What every address of the app begins with: nothing, or ``/`` and what ``server.baseUrlPath`` says."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


def session_path() -> str:
    """Where a ticket is brought."""
    return f"{base_path()}/session"


def session_route() -> Route:
    """The route, to stand beside Streamlit's own."""
    return Route(session_path(), _answer, methods=["POST"])


async def _answer(request: Request) -> Response:
    scheme, _, host = request.headers.get("origin", "").partition("://")
    if not _from_our_page(request, host):
        return Response(status_code=403)
    ticket = TICKETS.take(await _word(request))
    if ticket is None:
        return Response(status_code=410)
    response = Response(status_code=204, headers={"Cache-Control": "no-store"})
    path = base_path() or "/"
    if ticket.act == "keep":
        # As the browser sees it: behind a proxy what arrives here is plain HTTP.
        secure = "https" in (scheme, request.url.scheme)
        response.set_cookie(
            COOKIE, ticket.token, ticket.for_s, path=path, secure=secure, httponly=True, samesite="strict"
        )
    elif ticket.token in ("", request.cookies.get(COOKIE)):
        response.delete_cookie(COOKIE, path=path, httponly=True, samesite="strict")
    return response


def _from_our_page(request: Request, host: str) -> bool:
    """Whether a script of this app sent it: another site's page could else sign somebody in as another person.

    ``SameSite`` is no help there: it is about the cookies that are sent, not about those that an answer sets. JSON is
    what a page may send to another site only after asking that site, which nobody allows here.
    """
    site = request.headers.get("sec-fetch-site")
    ours = site == "same-origin" if site else host == request.headers.get("host")
    return ours and request.headers.get("content-type") == "application/json"


async def _word(request: Request) -> str:
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > _LONGEST:
        return ""
    try:
        said = json.loads(await request.body())
    except (ValueError, RecursionError):
        return ""
    word = said.get("ticket") if isinstance(said, dict) else None
    return word if isinstance(word, str) else ""
