"""A loopback server that speaks OpenAI's streaming chat protocol from a script, faults included."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Script:
    """What the server says next, and what it was asked."""

    pieces: list[str] = field(default_factory=lambda: ["Olá."])
    finish_reason: str | None = "stop"
    status: int = 200
    hang_after: int | None = None
    break_after: int | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)


@contextmanager
def scripted_server(script: Script) -> Iterator[str]:
    """Yields the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            script.requests.append(json.loads(body))
            self.send_response(script.status)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            if script.status != 200:
                self.wfile.write(b'{"error": {"message": "the server is on fire"}}')
                return
            # The client that gave up waiting has closed its end.
            with suppress(BrokenPipeError, ConnectionResetError):
                self._speak()

        def _speak(self) -> None:
            for number, piece in enumerate(script.pieces):
                if script.hang_after == number:
                    script.stop.wait(20)
                if script.break_after == number:
                    return
                self._event({"content": piece}, None)
            self._event({}, script.finish_reason)
            self.wfile.write(b"data: [DONE]\n\n")

        def _event(self, delta: dict[str, str], reason: str | None) -> None:
            choice = {"index": 0, "delta": delta, "finish_reason": reason}
            event = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
            self.wfile.flush()
            time.sleep(0.001)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        script.stop.set()
        server.shutdown()
        server.server_close()
