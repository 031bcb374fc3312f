"""`monitoria app`: the pages in a browser, served by Streamlit in the place of this process."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from corpus.errors import UsageError
from corpus.language import interface_language, say
from rag.errors import MissingExtra

_ENTRY = Path(__file__).parent.parent / "app.py"


def app(
    index: Annotated[
        list[Path] | None,
        typer.Option(
            "--index",
            metavar=say("PASTA", "DIR"),
            help=say(
                "pasta do índice de um curso; repita para vários (sem ela, app.courses ou demo/index)",
                "the index folder of a course; repeat it for several (without it, app.courses or demo/index)",
            ),
        ),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help=say("porta", "port"))] = 8501,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            help=say(
                "endereço em que atende; o padrão é só este computador",
                "address to listen on; by default only this computer",
            ),
        ),
    ] = "127.0.0.1",
) -> None:
    """Serve the app."""
    try:
        import streamlit  # noqa: F401
    except ImportError as error:
        raise MissingExtra("streamlit", "app") from error
    folders = [folder.absolute() for folder in index or ()]
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(
                pt=f"não há pasta {folder}; crie o índice: monitoria index FONTE --index {folder}",
                en=f"there is no folder {folder}; build the index: monitoria index SOURCE --index {folder}",
            )
    _check_free(host, port)
    environment = os.environ | {"MONITORIA_LANG": interface_language()}
    if folders:
        environment["MONITORIA_APP__COURSES"] = os.pathsep.join(map(str, folders))
    shown = f"[{host}]" if ":" in host else host
    print(
        say(f"Monitoria em http://{shown}:{port} (Ctrl+C termina)", f"Monitoria at http://{shown}:{port} (Ctrl+C ends)")
    )
    sys.stdout.flush()
    command = [sys.executable, "-m", "streamlit", "run", str(_ENTRY)]
    command += [f"--server.port={port}", f"--server.address={host}"]
    os.execve(sys.executable, command, environment)  # noqa: S606 - our own interpreter and script


def _check_free(host: str, port: int) -> None:
    """Say in a sentence what Streamlit would say in a trace.

    Raises:
        UsageError: somebody listens there, or this machine has no such address.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(found[0], found[1]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[4])
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(
            pt=f"não dá para atender em {host}:{port} ({reason}); escolha outra porta com --port",
            en=f"cannot listen on {host}:{port} ({reason}); choose another port with --port",
        ) from error
