"""A loopback server that speaks OpenAI's chat protocol from a script, streamed or whole, faults included."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Script:
    """What the server says next, and what it was asked.

    ``chances`` gives, for the text of the user's last message, the log-probabilities of the first token's alternatives;
    a server without it leaves them out, whatever it is asked. ``reply``, where there is one, writes what is answered to
    a request that does not stream. ``pause_s`` lies between two pieces.
    """

    pieces: list[str] = field(default_factory=lambda: ["Olá."])
    finish_reason: str | None = "stop"
    status: int = 200
    hang_after: int | None = None
    break_after: int | None = None
    pause_s: float = 0.001
    chances: Callable[[str], Mapping[str, float]] | None = None
    reply: Callable[[dict[str, Any]], str] | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)


@contextmanager
def scripted_server(script: Script) -> Iterator[str]:
    """Yields the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(body)
            script.requests.append(asked)
            self.send_response(script.status)
            self.send_header("Content-Type", "text/event-stream" if asked.get("stream") else "application/json")
            self.end_headers()
            if script.status != 200:
                self.wfile.write(b'{"error": {"message": "the server is on fire"}}')
                return
            # The client that gave up waiting has closed its end.
            with suppress(BrokenPipeError, ConnectionResetError):
                self._speak() if asked.get("stream") else self.wfile.write(_whole_reply(script, asked))

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
            time.sleep(script.pause_s)

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


def _whole_reply(script: Script, asked: dict[str, Any]) -> bytes:
    """What is answered to a request that does not stream."""
    if script.hang_after is not None:
        script.stop.wait(20)
    said = script.reply(asked) if script.reply else "".join(script.pieces)
    message = {"role": "assistant", "content": said}
    choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": script.finish_reason}
    if script.chances and asked.get("logprobs"):
        last = next(message["content"] for message in reversed(asked["messages"]) if message["role"] == "user")
        likely = sorted(script.chances(last).items(), key=lambda pair: -pair[1])
        shown = [{"token": token, "logprob": chance, "bytes": None} for token, chance in likely]
        choice["logprobs"] = {"content": [{**shown[0], "top_logprobs": shown}]}
    reply = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
    return json.dumps(reply).encode()
