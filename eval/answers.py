"""The file of answers that a batch grows line by line: what it holds, and how it is mended before going on.

A file that is no file of answers is refused before a byte of it changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.lines import json_object, read_growing, unwritable, write_lines
from rag.errors import UsageError

# How every line that a batch writes begins; a last line without its end that begins otherwise is not ours.
_HEAD = b'{"topic_id"'


@dataclass(frozen=True, slots=True)
class Recorded:
    """One line of a file of answers, as it stands there and as it reads."""

    line: str
    record: Mapping[str, Any]

    @property
    def topic_id(self) -> str:
        """Which topic it answers."""
        return str(self.record["topic_id"])

    @property
    def failed(self) -> bool:
        """Whether the model failed, so that the topic is worth asking again."""
        unanswered = self.record.get("mode") == "quotes" or self.record.get("choice", ()) is None
        return bool(self.record.get("error")) and unanswered

    def answers(self, question: str, choices: Sequence[str] = ()) -> bool:
        """Whether this was asked, with these choices; a line that does not say is taken at its word."""
        asked, shown = self.record.get("question"), self.record.get("choices_shown")
        is_it = asked is None or str(asked).strip() == question.strip()
        return is_it and (shown is None or not choices or shown == list(choices))


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """A file of answers as it was found; ``ragged`` where its last line is torn or lacks its end."""

    path: Path
    recorded: tuple[Recorded, ...]
    ragged: bool = False

    def mend(self) -> None:
        """Make it ready for more lines: what is torn, and what records a failed model, goes.

        Raises:
            UsageError: it cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8"):
                pass
        except OSError as error:
            raise unwritable(self.path, error) from error
        kept = [one.line for one in self.recorded if not one.failed]
        if self.ragged or len(kept) < len(self.recorded):
            write_lines(self.path, kept)


def read_answers(path: Path) -> AnswerFile:
    """Read a file of answers without touching it; one that is not there yet, or is a pipe, holds none.

    Raises:
        UsageError: it cannot be read, or a line of it is no answer; names file and line.
    """
    if not path.is_file():
        return AnswerFile(path, ())
    lines, ragged = read_growing(path, _HEAD)
    return AnswerFile(path, tuple(Recorded(line, _answer(path, number, line)) for number, line in lines), ragged)


def replace_answer(path: Path, record: Mapping[str, Any]) -> None:
    """Put an answer in the place of whatever answers its topic so far.

    Raises:
        UsageError: it cannot be written, or is a file of answers no longer.
    """
    topic_id = str(record["topic_id"])
    others = [one.line for one in read_answers(path).recorded if one.topic_id != topic_id]
    write_lines(path, [*others, json.dumps(record, ensure_ascii=False)])


def recorded_llms(path: Path) -> set[str]:
    """The models whose answers a batch into ``path`` would keep; empty where there is no such file.

    Raises:
        UsageError: see `read_answers`.
    """
    return {str(one.record.get("llm")) for one in read_answers(path).recorded if not one.failed}


def check_not_topics(path: Path, topics_path: Path) -> None:
    """Refuse to write into the file that the topics are read from, by whatever name, or into the folder of such files.

    Raises:
        UsageError: both are one file, or one lies in the other.
    """
    try:
        same = path.exists() and topics_path.exists() and path.samefile(topics_path)
        inside = topics_path.is_dir() and path.resolve().is_relative_to(topics_path.resolve())
    except OSError as error:
        raise unwritable(path, error) from error
    if inside:
        raise UsageError(
            pt=f"{path} fica na pasta de perguntas {topics_path}, onde seria lido como uma delas; escolha outra pasta",
            en=f"{path} lies in the topics folder {topics_path}, where it would be read as one; choose another folder",
        )
    if same:
        raise UsageError(
            pt=f"{path} é o próprio arquivo de perguntas, que não se sobrescreve; escolha outro arquivo de saída",
            en=f"{path} is the topics file itself, which is not written over; choose another file to write",
        )


def _answer(path: Path, number: int, line: str) -> dict[str, Any]:
    record = json_object(line)
    identity = None if record is None else record.get("topic_id")
    is_named = isinstance(identity, str | int) and not isinstance(identity, bool)
    if record is None or not is_named or not isinstance(record.get("answer"), str):
        raise UsageError(
            pt=f"{path}:{number}: não é uma resposta (topic_id, answer), e o arquivo ficou como estava; "
            "escolha outro arquivo ou corrija essa linha",
            en=f"{path}:{number}: is no answer (topic_id, answer), and the file was left as it was; "
            "choose another file or correct that line",
        )
    return record
