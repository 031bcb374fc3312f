"""A conversation as files that one keeps: Markdown to read, JSON for programs (`monitoria ask --after` reads it)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from corpus.language import say
from interfaces.history.conversations import turns_of
from interfaces.history.feedback import ratings_in
from interfaces.history.records import Feedback, Person, Turn
from interfaces.render import clean, lecture_label, span
from interfaces.service.chat import conversation
from interfaces.service.desk import Desk

# What begins markup in Markdown, HTML among it.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
_BLOCK = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))")


def conversation_json(desk: Desk, person: Person, conversation_id: str) -> str:
    """The title, and in ``turns`` each turn: ``question``, ``answer``, all that it rests on, and the thumb with why."""
    about = conversation(desk, person, conversation_id)
    hers = ratings_in(desk.history, conversation_id, person.person_id)
    turns = turns_of(desk.history, conversation_id)
    whole = {
        "conversation_id": about.conversation_id,
        "title": about.title,
        "course": about.course,
        "created_at": about.created_at,
        "changed_at": about.changed_at,
        "turns": [_turn_record(turn, hers.get(turn.turn_id)) for turn in turns],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def conversation_markdown(desk: Desk, person: Person, conversation_id: str) -> str:
    """The conversation as a page: questions as headings, answers, references with their second, what she thought."""
    about = conversation(desk, person, conversation_id)
    hers = ratings_in(desk.history, conversation_id, person.person_id)
    lines = [f"# {_text(about.title)}", ""]
    for turn in turns_of(desk.history, conversation_id):
        lines += [*_turn_lines(turn), *_rating_lines(hers.get(turn.turn_id))]
    return "\n".join(lines).rstrip() + "\n"


def _turn_record(turn: Turn, feedback: Feedback | None) -> dict[str, Any]:
    said = None if feedback is None else {"rating": feedback.rating, "reason": feedback.reason, "at": feedback.at}
    kept = {
        "turn_id": turn.turn_id,
        "asked_at": turn.asked_at,
        "state": turn.state,
        "replaces": turn.replaces,
        "feedback": said,
    }
    answer: Mapping[str, Any] = turn.record or {"question": turn.question, "answer": "", "error": turn.error}
    return kept | dict(answer)


def _turn_lines(turn: Turn) -> list[str]:
    lines = [f"## {_text(turn.question)}", ""]
    if turn.record is None:
        missing = {"failed": turn.error or "", "stopped": say("Interrompida.", "Stopped.")}
        return [*lines, _text(missing.get(turn.state) or say("Ainda sem resposta.", "No answer yet.")), ""]
    if understood := turn.record.get("understood"):
        lines += [say("Entendi como: ", "Understood as: ") + _text(understood), ""]
    for line in str(turn.record["answer"]).splitlines():
        lines += [_text(line), ""]
    for reference in turn.record["references"]:
        lines.append("- " + _reference(reference))
    return [*lines, ""]


def _rating_lines(feedback: Feedback | None) -> list[str]:
    if feedback is None:
        return []
    good = feedback.rating == "up"
    said = say("Avaliada boa", "Rated good") if good else say("Mal avaliada", "Badly rated")
    return [f"*{said}*" + (f": {_text(feedback.reason)}" if feedback.reason else ""), ""]


def _reference(reference: Mapping[str, Any]) -> str:
    place = [
        _text(lecture_label(reference["lecture_id"], reference["title"])),
        span(reference["start_s"], reference["end_s"]),
        reference["url"] and f"<{_address(reference['url'])}>",
    ]
    return f"\\[{reference['n']}\\] " + " · ".join(part for part in place if part)


def _address(url: str) -> str:
    return "".join(c for c in clean(url) if c not in "<> \n")


def _text(text: str) -> str:
    """A text on one line, its markup made plain."""
    line = " ".join(clean(text).split())
    return _BLOCK.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", line))
