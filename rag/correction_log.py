"""The file of corrections, INDEX/corrections.jsonl: every change that a person made to a segment's text.

One JSON object a line, only ever added to, beside the generations and not in one. A line that a kill tore is passed
over and cut off by the next write; any other line that is not what was written is named with its number. What the
changes do to a course is `rag.corrections`'s.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rag.errors import IndexDamaged
from rag.generations import CORRECTIONS, sync


@dataclass(frozen=True, slots=True)
class Change:
    """What a person made of a segment's text, or that it is the source's again.

    Attributes:
        segment_id: of the segment as the source has it; a corrected segment keeps its id.
        lecture_id: where it lies; ``start_s`` and ``end_s`` are ``None`` for written material.
        original: the source's text at that time.
        text: what it is to be; ``None`` takes an earlier correction back.
        by: who, as the caller names people.
        at: when, ISO 8601 in UTC.
        moved_to: the segment that the text was given to, where a conflict was resolved so.
    """

    segment_id: int
    lecture_id: str
    start_s: float | None
    end_s: float | None
    original: str
    text: str | None
    by: str
    at: str
    note: str = ""
    moved_to: int | None = None


_TIME = (int, float, type(None))
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "segment_id": int,
    "lecture_id": str,
    "start_s": _TIME,
    "end_s": _TIME,
    "original": str,
    "text": (str, type(None)),
    "by": str,
    "at": str,
    "note": str,
    "moved_to": (int, type(None)),
}


def read_log(index: Path) -> list[Change]:
    """All changes, oldest first; none where nobody corrected anything.

    Raises:
        IndexDamaged: a line is not what was written, naming file and line.
    """
    lines = _bytes(index).split(b"\n")
    changes = []
    for number, line in enumerate(lines, start=1):
        change = _parse(line) if line.strip() else None
        if change is not None:
            changes.append(change)
        elif line.strip() and number < len(lines):
            raise _damaged(index, number)
    return changes


def latest(changes: Iterable[Change]) -> dict[int, Change]:
    """The last change of every segment, in the order in which they were made."""
    found: dict[int, Change] = {}
    for change in changes:
        found.pop(change.segment_id, None)
        found[change.segment_id] = change
    return found


def append(index: Path, changes: Sequence[Change]) -> int:
    """Add changes; on the disk when this returns. To be called by who holds the build's lock.

    Returns where the file ended before, for `cut_back`.

    Raises:
        OSError: they cannot be written; none of them is kept.
    """
    content = _bytes(index)
    whole = _whole(content)
    try:
        with (index / CORRECTIONS).open("ab") as stream:
            stream.truncate(min(len(whole), len(content)))
            stream.write(whole[len(content) :] + b"".join(map(_line, changes)))
            stream.flush()
            os.fsync(stream.fileno())
        sync(index)
    except OSError:
        if (index / CORRECTIONS).exists():
            cut_back(index, len(whole))
        raise
    return len(whole)


def cut_back(index: Path, end: int) -> None:
    """Take back what `append` added, where it did not become live."""
    with (index / CORRECTIONS).open("r+b") as stream:
        stream.truncate(end)
        stream.flush()
        os.fsync(stream.fileno())


def rewrite_without(index: Path, by: str) -> int:
    """Put nobody in the place of ``by`` in every change, and return in how many; the changes stay.

    To be called by who holds the build's lock.
    """
    changes = read_log(index)
    n_changes = sum(change.by == by for change in changes)
    if n_changes:
        staged = index / f"{CORRECTIONS}.new"
        with staged.open("wb") as stream:
            for change in changes:
                stream.write(_line(replace(change, by="") if change.by == by else change))
            stream.flush()
            os.fsync(stream.fileno())
        staged.replace(index / CORRECTIONS)
        sync(index)
    return n_changes


def _bytes(index: Path) -> bytes:
    try:
        return (index / CORRECTIONS).read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        path = index / CORRECTIONS
        raise IndexDamaged(
            pt=f"{path}: não dá para ler as correções ({error.strerror}); confira as permissões",
            en=f"{path}: the corrections cannot be read ({error.strerror}); check the permissions",
        ) from error


def _whole(content: bytes) -> bytes:
    """The file without a torn last line; one that lacks only its end (an editor's work) is given it."""
    body, newline, rest = content.rpartition(b"\n")
    return body + newline + (rest + b"\n" if rest and _parse(rest) is not None else b"")


def _line(change: Change) -> bytes:
    record = asdict(change) | {"original_sha256": _sha256(change.original)}
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _parse(line: bytes) -> Change | None:
    try:
        record: Any = json.loads(line)
        digest = record.pop("original_sha256")
        change = Change(**{name: record[name] for name in _TYPES if name in record})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    is_typed = all(isinstance(getattr(change, name), kind) for name, kind in _TYPES.items())
    return change if is_typed and digest == _sha256(change.original) else None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _damaged(index: Path, line: int) -> IndexDamaged:
    path = index / CORRECTIONS
    return IndexDamaged(
        pt=f"{path}:{line}: não é uma correção como a Monitoria grava; conserte ou apague só essa linha "
        "(as outras correções e o índice estão inteiros)",
        en=f"{path}:{line}: not a correction as Monitoria writes it; mend or delete that line alone "
        "(the other corrections and the index are whole)",
    )
