"""A Hugging Face Hub on this machine: one repository, the few routes that a download asks for."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def fake_hub(repository: str, files: dict[str, bytes], asked: list[str]) -> Iterator[str]:
    """Serve ``files`` as ``repository``; gives the endpoint, and notes the files asked for in ``asked``."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            path = self.path.split("?")[0]
            if path.startswith(f"/api/models/{repository}"):
                listing = {"id": repository, "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
                tree = [
                    {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                    for name, content in files.items()
                ]
                content = json.dumps(tree if "/tree/" in path else listing).encode()
                return self.send(content, "application/json", body=body)
            for revision in ("main", COMMIT):
                start = f"/{repository}/resolve/{revision}/"
                if path.startswith(start) and path.removeprefix(start) in files:
                    name = path.removeprefix(start)
                    asked.append(name)
                    return self.send(files[name], "application/octet-stream", body=body)
            self.send_response(404)
            self.send_header("Content-Length", "0")
            return self.end_headers()

        def send(self, content: bytes, kind: str, *, body: bool) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *line: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
