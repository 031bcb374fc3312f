"""A loopback OpenID Connect provider that lets in whoever the test says, and hands out nothing to the wrong client.

It checks what a provider must: the client, its secret, the address to return to, PKCE (RFC 7636), a code that is good
once. Id tokens are signed with RS256 by a key made for this server.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

DISCOVERY = "/.well-known/openid-configuration"


@dataclass
class Provider:
    """What the provider knows, what it says of whoever comes next, and where it breaks.

    ``claims`` go into the id token beside those that every one has (``None`` takes one of these away). ``broken`` is a
    path that is answered with 500, or ``*`` where nothing answers any more. ``tokens_given`` and ``refused`` tell what
    happened at the token endpoint.
    """

    client_id: str = "monitoria"
    client_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    url: str = ""
    returns_to: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)
    broken: str = ""
    denies: bool = False
    tokens_given: int = 0
    refused: list[str] = field(default_factory=list)
    signed_out: int = 0
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}))

    def discovery(self) -> dict[str, Any]:
        """What clients are told at `DISCOVERY`."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "end_session_endpoint": f"{self.url}/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }

    def keys(self) -> dict[str, Any]:
        """What id tokens are checked with."""
        return dict(KeySet([self.key]).as_dict(private=False))

    def authorize(self, asked: Mapping[str, str]) -> str:
        """Where the browser goes next: back, with a code. A client that is not ours is led nowhere."""
        assert asked["client_id"] == self.client_id
        assert asked["response_type"] == "code"
        assert asked["redirect_uri"] == self.returns_to, asked["redirect_uri"]
        assert "openid" in asked["scope"].split()
        if self.denies:
            return f"{self.returns_to}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = {name: asked[name] for name in ("redirect_uri", "nonce", "code_challenge")}
        return f"{self.returns_to}?{urlencode({'code': code, 'state': asked['state']})}"

    def exchange(self, client: tuple[str, str], asked: Mapping[str, str]) -> dict[str, Any] | None:
        """Tokens for a code; ``None``, and why in ``refused``, where something does not fit."""
        code = self.codes.pop(asked.get("code", ""), None)
        verifier = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        faults = {
            "client": client != (self.client_id, self.client_secret),
            "grant": asked.get("grant_type") != "authorization_code",
            "code": code is None,
            "address": code is not None and code["redirect_uri"] != asked.get("redirect_uri"),
            "verifier": code is not None and code["code_challenge"] != _base64url(verifier),
        }
        self.refused += [name for name, wrong in faults.items() if wrong]
        if code is None or any(faults.values()):
            return None
        now = int(time.time())
        claims = {"iss": self.url, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": code["nonce"]}
        told = {name: value for name, value in (claims | {"sub": "1"} | dict(self.claims)).items() if value is not None}
        self.tokens_given += 1
        id_token = jwt.encode({"alg": "RS256", "kid": "one"}, told, self.key)
        return {"access_token": secrets.token_hex(16), "token_type": "Bearer", "expires_in": 300, "id_token": id_token}


@contextmanager
def oidc_provider(provider: Provider) -> Iterator[Provider]:
    """Runs the provider; its ``url`` is set."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(asked.query).items()}
            if asked.path == "/authorize":
                self._lead(provider.authorize(query))
            elif asked.path == "/logout":
                provider.signed_out += 1
                self._lead(query["post_logout_redirect_uri"])
            else:
                known = {DISCOVERY: provider.discovery, "/jwks": provider.keys}
                self._tell(asked.path, known.get(asked.path, dict)())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            self._tell(self.path, provider.exchange(_client(self.headers, asked), asked))

        def _lead(self, address: str) -> None:
            self.send_response(302)
            self.send_header("Location", address)
            self.end_headers()

        def _tell(self, path: str, told: Mapping[str, Any] | None) -> None:
            if provider.broken == "*":
                self.close_connection = True
                return
            self.send_response(500 if provider.broken == path else 400 if told is None else 200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            fault = {"error": "server_error" if provider.broken == path else "invalid_grant"}
            self.wfile.write(json.dumps(fault if told is None or provider.broken == path else told).encode())

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def _client(headers: Any, asked: Mapping[str, str]) -> tuple[str, str]:
    """Who the client says it is, in the header or in the body (RFC 6749, 2.3.1)."""
    kind, _, said = headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        return asked.get("client_id", ""), asked.get("client_secret", "")
    name, _, secret = base64.b64decode(said).decode().partition(":")
    return unquote(name), unquote(secret)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
