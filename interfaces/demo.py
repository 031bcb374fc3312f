"""`make demo`: weights, the sample course, three questions answered, a report. Says what it does while it does it."""

from __future__ import annotations

import json
import shutil
import sys
import time
from functools import partial
from importlib.resources import files
from pathlib import Path

from corpus.errors import MonitoriaError
from corpus.language import say
from eval.report.files import write_report
from eval.report.gathered import gather
from interfaces import render
from rag.build import open_and_build
from rag.config import load_settings
from rag.errors import IndexForeign
from rag.exchange import answer_record
from rag.models import pull
from rag.pipeline import Monitoria

# One of everyday matters, one with a number, one that the lectures do not answer.
_TOPICS = ("s36", "s19", "s41")


def run(folder: Path) -> None:
    """Index the sample course below ``folder`` and answer three of its questions there."""
    sample = Path(str(files("corpus") / "sample"))
    settings = load_settings({"encoder": {"source": "carried"}})
    _step("pesos dos modelos (1,1 GB na primeira vez)", "model weights (1.1 GB the first time)")
    with render.bars(count_bytes=True) as progress:
        for status in pull((), progress):
            print("  " + render.model_line(status))
    _step(f"índice do curso de exemplo em {folder / 'index'}", f"index of the sample course in {folder / 'index'}")
    with render.bars() as progress:
        build = partial(open_and_build, folder / "index", [sample], settings=settings, progress=progress)
        try:
            report, note = build()
        except IndexForeign:  # an earlier version's demo: its index is ours to replace
            shutil.rmtree(folder / "index")
            report, note = build()
    print("  " + render.build_summary(report).replace("\n", "\n  "))
    if note:
        print("  " + note)
    _step("três perguntas ao modelo embutido", "three questions to the embedded model")
    course = Monitoria.open(folder / "index", settings=settings)
    records = []
    for topic_id, question in _questions(sample):
        print(f"\n» {question}\n")
        answer = render.show_events(course.stream(question))
        if answer.error:
            print(answer.error)
        print(f"({answer.timings.total_ms / 1000:.1f} s)")
        records.append(answer_record(answer, topic_id))
    _report(sample.parent / "recorded" / "default", folder)
    target = folder / "answers.jsonl"
    target.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")
    print()
    _step(f"respostas em {target}; pergunte você:", f"answers in {target}; ask for yourself:")
    print(f'  .venv/bin/monitoria ask "o que é dropout?" --index {folder / "index"}')


def _report(recorded: Path, folder: Path) -> None:
    """The report of answers recorded and judged beforehand: to judge them here would take a quarter of an hour."""
    _step("relatório de 24 respostas gravadas e julgadas", "report of 24 answers recorded and judged beforehand")
    for path in write_report(folder, gather(recorded)):
        print(f"  {path}")


def _questions(sample: Path) -> list[tuple[str, str]]:
    lines = (sample / "topics.jsonl").read_text(encoding="utf-8").splitlines()
    topics = {record["id"]: record["question"] for record in map(json.loads, lines)}
    return [(topic_id, topics[topic_id]) for topic_id in _TOPICS]


def _step(pt: str, en: str) -> None:
    print(f"== {say(pt, en)}", flush=True)


if __name__ == "__main__":
    started = time.perf_counter()
    try:
        run(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"))
    except MonitoriaError as error:
        sys.exit(f"monitoria: {error}")
    print(f"== {time.perf_counter() - started:.0f} s")
