"""Topics: the questions of an evaluation file, with whatever is known about their answers.

`eval.topic_files` finds them in files; here they are checked and given their types. Unknown keys are kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.records import Choice
from eval.topic_files import read_records
from rag.errors import UsageError

_MOST_CHOICES = 26  # a letter each


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """Where a question is answered; without times the whole document counts. Seconds."""

    lecture_id: str
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """A question. ``record`` is the topic as it was read, with every key.

    Attributes:
        choices: of a multiple-choice question; where none is marked as correct there is no key.
        type: the kind of question, as its file names it; ``multiple-choice`` where it does not and there are choices.
        lecture_id: the lecture that it is about, else that of the first gold span.
    """

    topic_id: str
    question: str
    answerable: bool | None = None
    reference_answer: str | None = None
    gold: tuple[GoldSpan, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict, repr=False)
    choices: tuple[Choice, ...] = ()
    type: str | None = None
    lecture_id: str | None = None

    @property
    def correct(self) -> tuple[int, ...]:
        """The places of the correct choices, from 0; empty where there is no key."""
        return tuple(place for place, choice in enumerate(self.choices) if choice.correct)


def read_topics(path: Path) -> list[Topic]:
    """The topics of a file, in file order, or of all files below a folder; `eval.topic_files` says which are read.

    Raises:
        UsageError: no such file, nothing in it that is a topic, a topic that is wrong, or two with one id; says where.
    """
    topics: list[Topic] = []
    places: dict[str, str] = {}
    for place, record in read_records(path):
        topic = _topic(place, record)
        if topic.topic_id in places:
            shown, other = repr(topic.topic_id), places[topic.topic_id]
            raise _wrong(place, f"id repetido {shown}, que é o de {other}", f"repeated id {shown}, that of {other}")
        places[topic.topic_id] = place
        topics.append(topic)
    return topics


def _topic(place: str, record: dict[str, Any]) -> Topic:
    identity, question = record.get("id"), record.get("question")
    if identity is None:
        raise UsageError(
            pt=f"{place}: falta o id{_of_line(place, 'na linha')}; as outras perguntas têm um: dê um também a esta, ou "
            "tire o de todas, e elas serão numeradas",
            en=f"{place}: the id is missing{_of_line(place, 'on line')}; the other topics have one: give this one its "
            "own too, or take it from all, and they will be numbered",
        )
    if isinstance(identity, bool) or not isinstance(identity, str | int) or not str(identity).strip():
        raise _wrong(place, f"id é {identity!r:.60}", f"id is {identity!r:.60}")
    if question is None:
        raise _wrong(
            place,
            f"falta a pergunta (question){_of_line(place, 'na linha')}",
            f"the question is missing{_of_line(place, 'on line')}",
        )
    if not isinstance(question, str) or not question.strip():
        raise _wrong(place, f"a pergunta é {question!r:.60}", f"the question is {question!r:.60}")
    answerable = record.get("answerable")
    if answerable is not None and not isinstance(answerable, bool):
        shown = f"{answerable!r:.60}"
        raise _wrong(place, f"answerable é {shown}, e não true ou false", f"answerable is {shown}, not true or false")
    gold = tuple(_span(place, span) for span in _listed(place, record, "gold"))
    choices = _choices(place, _listed(place, record, "choices"))
    return Topic(
        str(identity),
        question,
        answerable,
        _text(place, record, "reference_answer"),
        gold,
        record,
        choices,
        _text(place, record, "type") or ("multiple-choice" if choices else None),
        _text(place, record, "lecture_id") or (gold[0].lecture_id if gold else None),
    )


def _of_line(place: str, words: str) -> str:
    """``" na linha 3"`` of a place in a file of lines, for whoever does not read ``file:3``."""
    _, _, number = place.rpartition(":")
    return f" {words} {number}" if number.isdigit() else ""


def _text(place: str, record: Mapping[str, Any], name: str) -> str | None:
    value = record.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise _wrong(place, f"{name} é {value!r:.60}, e não um texto", f"{name} is {value!r:.60}, not a text")


def _listed(place: str, record: Mapping[str, Any], name: str) -> list[Any]:
    value = record.get(name)
    if value is None or isinstance(value, list):
        return value or []
    raise _wrong(place, f"{name} é {value!r:.60}, não uma lista", f"{name} is {value!r:.60}, not a list")


def _choices(place: str, listed: list[Any]) -> tuple[Choice, ...]:
    """Two choices or more, as many as there are letters at most, no two alike."""
    choices: list[Choice] = []
    for one in listed:
        text, correct = (one.get("text"), one.get("correct", False)) if isinstance(one, dict) else (None, None)
        if not isinstance(text, str) or not text.strip() or not isinstance(correct, bool):
            raise _wrong(
                place,
                f"{one!r:.60} em choices não é um objeto com text, um texto, e correct, true ou false",
                f"{one!r:.60} in choices is no object with text, a text, and correct, true or false",
            )
        if any(text.strip() == other.text.strip() for other in choices):
            raise _wrong(place, f"choices tem duas vezes {text!r:.60}", f"choices has {text!r:.60} twice")
        choices.append(Choice(text, correct))
    if choices and not 2 <= len(choices) <= _MOST_CHOICES:
        n = len(choices)
        raise _wrong(
            place, f"choices tem {n}, e não de 2 a {_MOST_CHOICES}", f"choices has {n}, not 2 to {_MOST_CHOICES}"
        )
    return tuple(choices)


def _span(place: str, span: object) -> GoldSpan:
    lecture_id = span.get("lecture_id") if isinstance(span, dict) else None
    if not isinstance(span, dict) or lecture_id in (None, ""):
        raise _wrong(place, "gold precisa de lecture_id", "gold needs lecture_id")
    start_s, end_s = (_seconds(place, name, span.get(name)) for name in ("start_s", "end_s"))
    if start_s is not None and end_s is not None and end_s <= start_s:
        raise _wrong(
            place,
            f"gold termina em {end_s} s, e não depois de {start_s} s, onde começa",
            f"gold ends at {end_s} s, which is not after {start_s} s, where it starts",
        )
    return GoldSpan(str(lecture_id), start_s, end_s)


def _seconds(place: str, name: str, value: object) -> float | None:
    if value is None:
        return None
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = math.nan
    if math.isfinite(seconds):
        return seconds
    raise _wrong(
        place,
        f"{name} de gold é {value!r:.60}, que não são segundos",
        f"{name} of gold is {value!r:.60}, which is no number of seconds",
    )


def _wrong(place: str, pt: str, en: str) -> UsageError:
    return UsageError(
        pt=f"{place}: {pt}; cada pergunta tem id e question, e o id é só dela; corrija o arquivo",
        en=f"{place}: {en}; each topic has id and question, and its id is its own; correct the file",
    )
