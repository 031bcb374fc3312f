"""A throw-away PostgreSQL from Debian's packages, on loopback: the real engine, gone with the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ACCOUNT = "postgres"


def find_binaries() -> Path | None:
    """The folder of the newest installed server, or ``None``."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def running(binaries: Path) -> Iterator[str]:
    """The URL of a fresh server, without a database's name; it refuses root, so as root it runs as ``postgres``."""
    # A path of its own: pytest's folders are closed to other accounts.
    folder = Path(tempfile.mkdtemp(prefix="monitoria-pg-"))
    as_account: list[str] = []
    if os.geteuid() == 0:
        account = pwd.getpwnam(ACCOUNT)
        os.chown(folder, account.pw_uid, account.pw_gid)
        as_account = ["runuser", "-u", ACCOUNT, "--"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def call(program: str, *arguments: str) -> None:
        # Into a file: a server inherits pg_ctl's pipe and would keep it open.
        with (folder / "said.txt").open("a", encoding="utf-8") as said:
            command = [*as_account, str(binaries / program), *arguments]
            done = subprocess.run(command, cwd="/", stdout=said, stderr=said, timeout=120, check=False)
        assert done.returncode == 0, (folder / "said.txt").read_text(encoding="utf-8")

    place = str(folder / "cluster")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    call("initdb", "-D", place, "-U", ACCOUNT, "-A", "trust", "-E", "UTF8", "--no-sync")
    call("pg_ctl", "-D", place, "-w", "-l", str(folder / "server.log"), "-o", options, "start")
    try:
        yield f"postgresql://{ACCOUNT}@127.0.0.1:{port}"
    finally:
        call("pg_ctl", "-D", place, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
