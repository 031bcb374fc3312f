"""How many judgements of a run are made, of how many: what a run that was stopped has left to do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from corpus.errors import MonitoriaError
from eval.answers import read_answers
from eval.judging.cases import case_of
from eval.judging.judgements import Kind
from eval.judging.recorded import judgements_file, read_judgements
from eval.topics import read_topics
from interfaces.service.folders import Stamp, stamp_of
from interfaces.service.plans import ANSWERS, TOPICS, Plan


def judgements_made(folder: Path, plan: Plan) -> tuple[int, int] | None:
    """So many judgements of so many that the answers in a run's folder call for; ``None`` where that cannot be read."""
    times = [judgements_file(folder, time) for time in range(1, plan.repeat + 1)]
    stamp = stamp_of(folder, [TOPICS, ANSWERS, *(path.name for path in times)])
    try:
        return _counted(folder, plan.kinds, plan.repeat, stamp)
    except MonitoriaError:
        return None  # what is wrong with the folder is told where it is used; here it is only counted


@lru_cache(maxsize=32)
def _counted(folder: Path, kinds: Sequence[Kind], times: int, stamp: Stamp) -> tuple[int, int]:
    """``stamp`` changes when the folder's files do."""
    topics = {topic.topic_id: topic for topic in read_topics(folder / TOPICS)}
    wanted = {
        (case.topic_id, kind): case.answer_sha256
        for one in read_answers(folder / ANSWERS).recorded
        for kind in kinds
        if one.topic_id in topics and (case := case_of(kind, one.record, topics[one.topic_id])) is not None
    }
    made = 0
    for time in range(1, times + 1):
        judged = read_judgements(judgements_file(folder, time))
        heard = {(one.topic_id, one.kind): one.answer_sha256 for one in judged if not one.worth_asking_again}
        made += sum(heard.get(place) == answer for place, answer in wanted.items())
    return made, len(wanted) * times
