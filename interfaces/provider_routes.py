"""Streamlit's ways to an identity provider and back, so that they end on a page of ours, and on the one that was left.

Streamlit leads everybody back to the first page, says nothing there of a provider that broke off, and where it cannot
be reached answers with two English words and no page. Who has come is for `interfaces.pages.login` to say.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, quote, unquote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from streamlit.web.server.starlette.starlette_auth_routes import create_auth_routes

from interfaces.service.faults import kind_and_place
from interfaces.session_route import base_path

# In the address of whoever comes back from a provider, signed in or not.
RETURNED = "returned"
_LEFT = "monitoria-left"
_LEFT_LASTS_S = 600
_log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


def provider_routes() -> list[Route]:
    """The two routes, to stand before Streamlit's own."""
    base = base_path()
    theirs = {route.path: route.endpoint for route in create_auth_routes(base)}
    there, back = f"{base}/auth/login", f"{base}/oauth2callback"
    return [Route(there, _to_provider(theirs[there])), Route(back, _from_provider(theirs[back]))]


def _to_provider(theirs: Endpoint) -> Endpoint:
    async def answer(request: Request) -> Response:
        # The page that was left, without the site: ``https://site/path?query``.
        address = "/" + request.headers.get("referer", "").partition("://")[2].partition("/")[2]
        response = await _answered(theirs, request)
        if response is None:
            return RedirectResponse(_returning(address), 302)
        response.set_cookie(
            _LEFT, quote(address), _LEFT_LASTS_S, path=base_path() or "/", httponly=True, samesite="lax"
        )
        return response

    return answer


def _from_provider(theirs: Endpoint) -> Endpoint:
    async def answer(request: Request) -> Response:
        response = await _answered(theirs, request)
        # After signing out a provider leads here, too, without the word that it was given to bring back.
        if response is not None and "state" not in request.query_params:
            return response
        returning = _returning(unquote(request.cookies.get(_LEFT, "")))
        if response is None:
            response = RedirectResponse(returning, 302)
        response.headers["location"] = returning
        response.delete_cookie(_LEFT, path=base_path() or "/", httponly=True, samesite="lax")
        return response

    return answer


async def _answered(theirs: Endpoint, request: Request) -> Response | None:
    """What Streamlit answers; ``None`` where it is no way on."""
    try:
        response = await theirs(request)
    except Exception as error:  # noqa: BLE001 - whatever it was, a page of ours says that it did not work
        _log.error("signing in failed: %s", kind_and_place(error))
        return None
    return response if response.status_code < 400 else None


def _returning(address: str) -> str:
    """An address of this app, and that one comes back to it; the first page where it is none of ours.

    >>> _returning("/evaluation?run=a1")
    '/evaluation?run=a1&returned=1'
    >>> _returning("//elsewhere.example/evaluation")
    '/?returned=1'
    """
    path, _, asked = address.partition("?")
    base = base_path()
    if not path.startswith(f"{base}/") or path.startswith("//") or "\\" in path:
        path = f"{base}/"
    query = [(name, value) for name, value in parse_qsl(asked) if name != RETURNED]
    return f"{quote(path, safe='/%')}?{urlencode([*query, (RETURNED, '1')])}"
