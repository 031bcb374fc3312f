"""Questions by lecture and by type; and where an answer that is not right went wrong."""

from __future__ import annotations

from corpus.language import say
from eval.measures import is_relevant
from eval.report.gathered import Entry, Gathered
from eval.report.scores import verdict_of
from eval.report.wording import NOTHING


def groups(gathered: Gathered, by: str) -> dict[str, list[Entry]]:
    """The entries by ``lecture`` or ``type``, names in order; a question without one stands under a dash, last.

    A question's lecture is its own ``lecture_id``, else the one of its first gold span.
    """
    found: dict[str, list[Entry]] = {}
    for entry in gathered.entries:
        topic = entry.topic
        name = topic.lecture_id if by == "lecture" else topic.type
        found.setdefault(name or NOTHING, []).append(entry)
    return dict(sorted(found.items(), key=lambda item: (item[0] == NOTHING, item[0])))


def failures(gathered: Gathered) -> dict[str, int]:
    """How many answers that are not C failed at what: finding the lecture, the segment, or answering.

    Only questions with gold that the lectures answer; what has no verdict is not counted.
    """
    names = {
        "unanswered": say("sem resposta no arquivo", "no answer in the file"),
        "lecture": say("aula errada: nenhum trecho da aula certa", "wrong lecture: no segment of the right one"),
        "segment": say("trecho errado da aula certa", "wrong segment of the right lecture"),
        "declined": say("recusou com o trecho certo à mão", "declined with the right segment at hand"),
        "answer": say("resposta errada do trecho certo", "wrong answer from the right segment"),
    }
    counted = dict.fromkeys(names.values(), 0)
    judged = False
    for entry in gathered.entries:
        verdict, _ = verdict_of(entry)
        if not entry.topic.gold or entry.topic.answerable is False:
            continue
        if entry.record is not None and verdict in (None, "C"):
            continue
        judged = judged or verdict is not None
        counted[names[_failure(entry)]] += 1
    return counted if judged else {}


def _failure(entry: Entry) -> str:
    if entry.record is None:
        return "unanswered"
    hits = entry.record.get("hits") or ()
    if any(is_relevant(hit, entry.topic.gold) for hit in hits):
        return "declined" if entry.record.get("abstained") else "answer"
    right = {span.lecture_id for span in entry.topic.gold}
    return "segment" if any(hit.get("lecture_id") in right for hit in hits) else "lecture"
