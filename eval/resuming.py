"""A file of records about answers that grows line by line: nothing is lost to a kill, nothing is asked twice.

What a record says is its maker's business: a judge's judgements, ragas's scores.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from eval.answers import AnswerFile
from eval.lines import append_line, json_object, read_growing, unwritable, write_lines
from eval.topics import Topic
from rag.errors import GenerationFailed, UsageError

Report = Callable[[int, int], None]
_HEAD = b'{"topic_id"'  # how every line of ours begins
# So many records in a row for which nobody was there to make them: they are not coming back in this run.
_GIVE_UP_AFTER = 5


class Made(Protocol):
    """What was made of an answer, found again by its key. A frozen dataclass."""

    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def worth_asking_again(self) -> bool: ...  # noqa: D102


class Shown(Protocol):
    """What is shown of an answer to whoever makes something of it."""

    @property
    def topic_id(self) -> str: ...  # noqa: D102
    @property
    def answer_sha256(self) -> str: ...  # noqa: D102
    def key(self, name: str, /) -> str: ...  # noqa: D102


K = TypeVar("K", bound=str)
M = TypeVar("M", bound=Made)
S = TypeVar("S", bound=Shown)


@dataclass(frozen=True, slots=True)
class RecordFile(Generic[M]):
    """Where records stand, one a line; ``wrong`` words in two languages that a line is none, ``{error}`` being why."""

    path: Path
    to_record: Callable[[M], dict[str, Any]]
    from_record: Callable[[Mapping[str, Any]], M]
    wrong: tuple[str, str]

    def read(self) -> tuple[list[M], bool]:
        """The records, and whether the last line is torn or lacks its end; a file that is not there holds none.

        Raises:
            UsageError: it cannot be read, or a line of it is no record; names file and line.
        """
        if not self.path.exists():
            return [], False
        lines, ragged = read_growing(self.path, _HEAD)
        return [self._parsed(number, line) for number, line in lines], ragged

    def write(self, records: Iterable[M]) -> None:
        """Write all of it, whole or not at all."""
        write_lines(self.path, [json.dumps(self.to_record(one), ensure_ascii=False) for one in records])

    def mend(self, recorded: Sequence[M], *, ragged: bool, dropped: Collection[str]) -> None:
        """Make it ready for more lines: what is torn, and what is asked again, goes."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.path, error) from error
        kept = [one for one in recorded if one.key not in dropped]
        if ragged or len(kept) < len(recorded):
            self.write(kept)

    def _parsed(self, number: int, line: str) -> M:
        try:
            return self.from_record(json_object(line) or {})
        except ValueError as error:
            pt, en = (wording.format(error=error) for wording in self.wrong)
            raise UsageError(pt=f"{self.path}:{number}: {pt}", en=f"{self.path}:{number}: {en}") from error


def to_show(
    answers: AnswerFile,
    topics: Sequence[Topic],
    kinds: Sequence[K],
    shown: Callable[[K, Mapping[str, Any], Topic], S | None],
    name: str,
) -> tuple[list[tuple[str, S]], Counter[K]]:
    """What is to be shown of every answer by every kind, with its key for the one ``name``; of how many there is none.

    Kind by kind: whoever is asked has one prompt to keep in mind at a time.

    Raises:
        UsageError: an answer without its topic.
    """
    by_id = {topic.topic_id: topic for topic in topics}
    found: list[tuple[str, S]] = []
    skipped: Counter[K] = Counter()
    for kind in kinds:
        for one in answers.recorded:
            topic = by_id.get(one.topic_id)
            if topic is None or not one.answers(topic.question):
                raise _no_topic(answers.path, one.topic_id)
            part = shown(kind, one.record, topic)
            if part is None:
                skipped[kind] += 1
            else:
                found.append((part.key(name), part))
    return found, skipped


def resume(
    file: RecordFile[M],
    wanted: Sequence[tuple[str, S]],
    make: Callable[[list[S]], Iterable[M]],
    *,
    place: Callable[[M], Hashable | None],
    absence: Callable[[M], GenerationFailed | None],
    revised: Callable[[M], M] = lambda one: one,
    report: Report | None = None,
) -> tuple[tuple[M, ...], int]:
    """The records of all that is ``wanted``, in its order, and how many were made now; the others stood in the file.

    Args:
        file: grows by each record as it comes, and holds them in order in the end; what is not of this run stays.
        wanted: what to show for each record, by the record's key.
        make: makes records of what it is shown, in whatever order they come.
        place: what a record takes the place of in the file; ``None`` of one that another made.
        absence: what to raise if several in a row are like this record, for which nobody was there; ``None`` of others.
        revised: the record as it reads now.
        report: told how many there are, of how many.

    Raises:
        UsageError: the file holds something else (it is then left as it was), or cannot be written.
        GenerationFailed: see ``absence``. What was made so far is in the file.
    """
    recorded, ragged = file.read()
    known = {one.key: revised(one) for one in recorded if not one.worth_asking_again}
    todo = {key: shown for key, shown in wanted if key not in known}
    file.mend(recorded, ragged=ragged, dropped=todo.keys())
    if report is not None:
        report(len(wanted) - len(todo), len(wanted))
    n_absent = 0
    for number, one in enumerate(make(list(todo.values())), start=1):
        append_line(file.path, file.to_record(one))
        known[one.key] = one
        gone = absence(one)
        n_absent = 0 if gone is None else n_absent + 1
        if gone is not None and n_absent >= min(_GIVE_UP_AFTER, len(todo)):
            raise gone
        if report is not None:
            report(len(wanted) - len(todo) + number, len(wanted))
    # Answers that read alike share a key: each has its own record all the same.
    found = tuple(_of(known[key], shown) for key, shown in wanted)
    taken = {place(one) for one in found}
    others = [one for one in recorded if (where := place(one)) is None or where not in taken]
    file.write([*found, *others])
    return found, len(todo)


def sources(folder: Path, **paths: Path) -> dict[str, dict[str, str]]:
    """Each path, relative to the folder, with the SHA-256 of what stands there: for a manifest in that folder."""
    return {
        name: {"path": os.path.relpath(path, folder), "sha256": content_sha256(path)} for name, path in paths.items()
    }


def content_sha256(path: Path) -> str:
    """Of a file, or of all files of a folder in order."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _of(one: M, shown: Shown) -> M:
    return replace(one, topic_id=shown.topic_id, answer_sha256=shown.answer_sha256)  # type: ignore[type-var]


def _no_topic(path: Path, topic_id: str) -> UsageError:
    return UsageError(
        pt=f"{path} responde a {topic_id!r}, que o arquivo de perguntas não tem assim; dê as perguntas certas",
        en=f"{path} answers {topic_id!r}, which the topics file does not ask so; give the topics of these answers",
    )
