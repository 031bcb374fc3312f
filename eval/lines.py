"""Files of JSON lines: every wrong line named, nothing left half written."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rag.errors import UsageError


def read_lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """The objects of a file of JSON lines, each with its line number; blank lines are passed over.

    Raises:
        UsageError: no such file, not UTF-8, or a line that is no object.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error
    records: list[tuple[int, dict[str, Any]]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        record = json_object(line)
        if record is None:
            raise UsageError(
                pt=f"{path}:{number}: não é um objeto JSON; apague essa linha ou use outro arquivo",
                en=f"{path}:{number}: is not a JSON object; delete that line or use another file",
            )
        records.append((number, record))
    return records


def read_growing(path: Path, head: bytes) -> tuple[list[tuple[int, str]], bool]:
    """The lines of a file that grows line by line, numbered, and whether its last one is torn or lacks its end.

    Blank lines are passed over, and so is what a kill left of the last one: text that is no JSON and begins as every
    line of ours does, with ``head``, or is the beginning of that. Anything else is for the caller to refuse.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        data = path.read_bytes()
        end = data.rfind(b"\n") + 1
        whole = data[:end].decode("utf-8").split("\n")[:-1]
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error
    found = [(number, line) for number, line in enumerate(whole, start=1) if line.strip()]
    tail = data[end:]
    last = tail.decode("utf-8", "replace")
    torn = json_object(last) is None and (tail.startswith(head) or (bool(found) and head.startswith(tail)))
    if last.strip() and not torn:
        found.append((len(whole) + 1, last))
    return found, bool(last.strip())


def csv_rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV, each with its line number, by the names in its first line; empty cells are left out.

    Separated by comma, semicolon or tab, whichever the first line has most of.

    Raises:
        csv.Error: it is none.
    """
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    for row in reader:
        yield reader.line_num, {key.strip(): value for key, value in row.items() if key is not None and value}


def json_object(line: str) -> dict[str, Any] | None:
    """The object that a line spells, or ``None`` where it spells something else or nothing."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def write_lines(path: Path, lines: Sequence[str]) -> None:
    """Write a file whole or not at all; links are written through, pipes and devices are written to.

    Raises:
        UsageError: the system does not let it be written.
    """
    text = "".join(line + "\n" for line in lines)
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8") as stream:
                stream.write(text)
            return
        target = Path(os.path.realpath(path))
        staged = target.with_name(f".{target.name}.{os.getpid()}")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            staged.write_text(text, encoding="utf-8")
            staged.replace(target)
        finally:
            staged.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error


def append_line(path: Path, record: Mapping[str, Any]) -> None:
    """Write one more object and see it on the disk.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")
            stream.flush()
            if path.is_file():
                os.fsync(stream.fileno())
    except OSError as error:
        raise unwritable(path, error) from error


def unreadable(path: Path, error: OSError | UnicodeDecodeError) -> UsageError:
    """What to raise for a file that cannot be read."""
    return UsageError(
        pt=f"o arquivo {path} não pôde ser lido ({error}); confira o caminho",
        en=f"the file {path} could not be read ({error}); check the path",
    )


def unwritable(path: Path, error: OSError) -> UsageError:
    """What to raise for a file that cannot be written."""
    return UsageError(
        pt=f"não dá para escrever em {path} ({error.strerror}); escolha outro arquivo",
        en=f"{path} cannot be written ({error.strerror}); choose another file",
    )
