"""`make bench-app`: twenty people ask at once, 500 questions in all, of a model that speaks 20 tokens a second.

The model is a script behind a real socket; everything else is what the app runs: search, quotes, checks, the database.
Told are how soon passages are there, how many tokens were lost, what failed, and what the process held as it went on.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.courses import SETTINGS
from benchmarks.environment import circumstances, made_by, working_folder, write_results
from eval.topics import read_topics
from interfaces.history.conversations import events_of, turn
from interfaces.history.people import ensure_person
from interfaces.history.records import Person
from interfaces.service import chat
from interfaces.service.courses import course_id
from interfaces.service.desk import Desk, open_desk
from rag.build import open_and_build
from tests.scripted_server import Script, scripted_server

_USERS, _QUESTIONS = 20, 25
_TOKENS_S = 20.0
_PIECES = [f"palavra{n} " for n in range(20)] + ["fim."]
_LONGEST_S = 120.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask, wait, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="keep index and database here")
    options = parser.parse_args(arguments)
    sample = Path(str(files("corpus") / "sample"))
    questions = [topic.question for topic in read_topics(sample / "topics.jsonl")]
    script = Script(pieces=_PIECES, pause_s=1 / _TOKENS_S)
    with working_folder(options.work) as work, scripted_server(script) as url:
        open_and_build(work / "index", [sample], settings=SETTINGS)
        settings = SETTINGS.model_copy(
            update={
                "llm": SETTINGS.llm.model_copy(update={"spec": "openai:scripted", "base_url": url, "api_key": "none"}),
                "app": SETTINGS.app.model_copy(update={"folder": work / "app", "at_once": _USERS}),
            }
        )
        desk = open_desk([work / "index"], settings=settings)
        course = course_id(work / "index")
        desk.courses.opened(course)
        asking = [
            _Asker(desk, course, ensure_person(desk.history, f"{n}@bench", str(n)), questions[n:])
            for n in range(_USERS)
        ]
        memory = _watched(asking)
        results = circumstances("make bench-app") | _figures(desk, asking, memory)
        desk.close()
    print(results)
    write_results("app", results, _table(results))


class _Asker(threading.Thread):
    """Somebody who asks one question after the other and waits for each answer."""

    def __init__(self, desk: Desk, course: str, person: Person, questions: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self._desk, self._course, self._person, self._questions = desk, course, person, questions
        self.turns: list[str] = []
        self.passages_ms: list[float] = []

    def run(self) -> None:
        for n in range(_QUESTIONS):
            started = time.perf_counter()
            question = self._questions[n % len(self._questions)]
            asked = chat.ask(self._desk, self._person, self._course, question).turn_id
            self._desk.answering.wait_found(asked, _LONGEST_S)
            self.passages_ms.append((time.perf_counter() - started) * 1000)
            self._desk.answering.wait_stored([asked], _LONGEST_S)
            self.turns.append(asked)


def _watched(asking: Sequence[_Asker]) -> list[tuple[int, float]]:
    """Start all, wait for all; how many questions were answered and how many MB the process held, each second."""
    for asker in asking:
        asker.start()
    held = []
    while any(asker.is_alive() for asker in asking):
        held.append((sum(len(asker.turns) for asker in asking), _resident_mb()))
        time.sleep(1.0)
    return held


def _resident_mb() -> float:
    """What of the process is in memory and its own: mapped files of the index come and go."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    return float(fields["RssAnon"].split()[0]) / 1024


def _figures(desk: Desk, asking: Sequence[_Asker], memory: Sequence[tuple[int, float]]) -> dict[str, Any]:
    whole, states = "".join(_PIECES), []
    complete = 0
    for turn_id in (one for asker in asking for one in asker.turns):
        states.append(turn(desk.history, turn_id).state)
        text = "".join(e.payload["text"] for e in events_of(desk.history, turn_id) if e.kind == "text")
        complete += text.startswith(whole)
    passages = [round(float(x)) for x in np.percentile([ms for a in asking for ms in a.passages_ms], (50, 95))]
    warm = [mb for n, mb in memory if n >= 100] or [memory[-1][1]]
    return {
        "users": _USERS,
        "questions": len(states),
        "done": sum(state == "done" for state in states),
        "every token stored": complete,
        "passages there, ms": {"p50": passages[0], "p95": passages[1]},
        "memory after 100 questions, MB": round(warm[0]),
        "memory at the end, MB": round(warm[-1]),
        "memory since, least and most, MB": [round(min(warm)), round(max(warm))],
    }


def _table(r: dict[str, Any]) -> str:
    least, most = r["memory since, least and most, MB"]
    return (
        "| people at once | questions | answered | every token kept | passages there, p50 / p95 "
        "| own memory after 100, at the end (least–most) |\n"
        "|---|---|---|---|---|---|\n"
        f"| {r['users']} | {r['questions']} | {r['done']} | {r['every token stored']} "
        f"| {r['passages there, ms']['p50']} / {r['passages there, ms']['p95']} ms "
        f"| {r['memory after 100 questions, MB']}, {r['memory at the end, MB']} MB ({least}–{most}) |\n\n"
        f"{made_by(r)}.\n"
    )


if __name__ == "__main__":
    main()
