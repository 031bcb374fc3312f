"""`make bench-answers`: the 72 questions on the lectures and the sample course's 48, answered by the embedded model.

Each is answered as a student would be (``retrieved``) and, where the lectures answer, from its gold segments
(``gold``): the difference is what finding costs, the rest what choosing and writing cost. The answers and a form for
grading them blind go into the working folder, which is not the project's: they quote the lectures. ``--grades`` reads
filled forms back. Without ``--sets`` and ``--conditions`` the figures go to ``results/answers.json``.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.courses import SETTINGS, Courses
from benchmarks.environment import circumstances, need_shared, working_folder, write_results
from benchmarks.judged import judged
from benchmarks.sets import TOPIC_FILES, make_sets
from eval.cited import citations_hold, link_offsets_s, quotes_gold
from eval.grading import answer_sha256, read_grades, write_form
from eval.judging.judge import Judge
from eval.measures import is_relevant
from eval.topics import Topic, read_topics
from rag.encoder import Encoder, open_encoder
from rag.events import AnswerReady
from rag.exchange import answer_record, run_records
from rag.llm import open_llm
from rag.pipeline import Monitoria
from rag.records import Hit

_CONDITIONS = ("retrieved", "gold")


def main(arguments: Sequence[str] | None = None) -> None:
    """Answer, measure, write; or read grades back."""
    options = _options(arguments)
    need_shared("make bench-answers")
    encoder = open_encoder(source=SETTINGS.encoder.source, runtime=SETTINGS.encoder.runtime)
    judging = open_llm(SETTINGS.llm.model_copy(update={"spec": options.judge}))
    judge = None if judging is None else Judge(judging)
    results: dict[str, Any] = circumstances("make bench-answers") | {"llm": options.llm, "sets": {}}
    with working_folder(options.work) as place:
        courses = Courses(place, encoder)
        for bench_set in make_sets(options.sets, place):
            topics = read_topics(TOPIC_FILES[bench_set.name])
            index = courses.open(bench_set).index
            for condition in options.conditions:
                kept = place / f"answers-{bench_set.name}-{condition}.jsonl"
                if not (options.reuse and kept.is_file()):
                    answered(kept, _open(index.path, encoder, options.llm), topics, condition)
                    write_form(_new_form(kept), topics, _records(kept))
                records = _records(kept)
                figures = measured(topics, records) | graded(records, topics, options.grades)
                if judge is not None and condition == "retrieved":  # half an hour on two cores; what a student sees
                    figures["judged"] = judged(judge, kept, topics, options.grades)
                results["sets"][f"{bench_set.name}, {condition}"] = figures
                print(
                    f"\n{bench_set.name}, {condition}\n{json.dumps(figures, indent=1, ensure_ascii=False)}", flush=True
                )
    if set(options.sets) == set(TOPIC_FILES) and set(options.conditions) == set(_CONDITIONS):
        write_results("answers", results, table(results))


def _records(kept: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]


def _new_form(kept: Path) -> Path:
    """Where the form of new answers goes: never over one that somebody may have filled in."""
    names = (kept.with_suffix(".csv"), *(kept.with_name(f"{kept.stem}-{n}.csv") for n in range(2, 1000)))
    return next(name for name in names if not name.exists())


def _open(index: Path, encoder: Encoder, llm: str) -> Monitoria:
    return Monitoria.open(index, llm=llm, settings=SETTINGS, encoder=encoder)


def answered(target: Path, course: Monitoria, topics: Sequence[Topic], condition: str) -> None:
    """Answer every topic in order and write the records; one question before them warms the model up."""
    list(course.stream(topics[0].question))
    lines = []
    for topic in topics:
        if condition == "gold" and not topic.gold:
            continue
        hits = gold_hits(course, topic) if condition == "gold" else None
        events = course.stream(topic.question, hits=hits)
        answer = next(event.answer for event in events if isinstance(event, AnswerReady))
        lines.append(json.dumps(answer_record(answer, topic.topic_id), ensure_ascii=False))
    target.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def gold_hits(course: Monitoria, topic: Topic) -> list[Hit]:
    """The segments that a topic's gold spans touch, as hits, best first."""
    every = course.search(topic.question, k=len(course.index))
    records = run_records(every)
    return [hit for hit, record in zip(every, records, strict=True) if is_relevant(record, topic.gold)]


def measured(topics: Sequence[Topic], records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What can be counted without reading: finding, citing, declining, time."""
    by_id = {topic.topic_id: topic for topic in topics}
    pairs = [(by_id[record["topic_id"]], record) for record in records]
    answerable = [(topic, record) for topic, record in pairs if topic.answerable]
    found = [(t, r) for t, r in answerable if any(is_relevant(hit, t.gold) for hit in r["hits"])]
    quoted = [(t, r) for t, r in answerable if quotes_gold(r, t.gold)]
    given = [record for record in records if not record["abstained"]]
    offsets = [x for topic, record in quoted for x in link_offsets_s(record, topic.gold)]
    first = [links[0] for topic, record in quoted if (links := link_offsets_s(record, topic.gold))]
    declined = [record for topic, record in pairs if not topic.answerable and record["abstained"]]
    timings = {
        "quotes_ms": [r["quotes_ms"] for r in records if r["quotes_ms"] is not None],
        "first_token_ms": [r["timings_ms"]["first_token"] for r in records if r["timings_ms"]["first_token"]],
        "total_ms": [r["timings_ms"]["total"] for r in records],
    }
    return {
        "n": len(records),
        "answerable": len(answerable),
        "gold among the hits": len(found),
        "gold among the quotes": len(quoted),
        "modes": dict(Counter("abstained" if r["abstained"] else r["mode"] for r in records)),
        "citations that point to what was retrieved": [sum(map(citations_hold, given)), len(given)],
        "answers given with a citation": [sum(bool(r["references"]) for r in given), len(given)],
        "link to gold start, s, median": round(float(np.median(offsets)), 1) if offsets else None,
        "first such link, s, median": round(float(np.median(first)), 1) if first else None,
        "unanswerable declined": [len(declined), len(pairs) - len(answerable)],
        "declined though gold was found": [sum(r["abstained"] for _, r in found), len(found)],
        "errors": sum(r["error"] is not None for r in records),
        **{name: _percentiles(values) for name, values in timings.items()},
    }


def _percentiles(values: Sequence[float]) -> dict[str, float | int]:
    if not values:
        return {"n": 0}
    p50, p95 = np.percentile(values, (50, 95))
    return {"p50": round(float(p50)), "p95": round(float(p95)), "n": len(values)}


def graded(
    records: Sequence[Mapping[str, Any]], topics: Sequence[Topic], forms: Sequence[Path]
) -> dict[str, dict[str, Any]]:
    """What each filled form says of these answers, the unanswerable questions apart."""
    by_id = {topic.topic_id: topic for topic in topics}
    answerable = {topic.topic_id: topic.answerable for topic in topics}
    quoted = {r["topic_id"] for r in records if quotes_gold(r, by_id[r["topic_id"]].gold)}
    found: dict[str, dict[str, Any]] = {}
    for path in forms:
        grades = read_grades(path)
        of_these = [(r, grades[key]) for r in records if (key := answer_sha256(r)[:12]) in grades]
        # A form for other answers meets these by chance, where both say the same.
        if 2 * len(of_these) > len(records):
            found[f"graded, {path.stem}"] = {
                "answerable": Counter(g.verdict for r, g in of_these if answerable[r["topic_id"]]),
                "gold among the quotes": Counter(g.verdict for r, g in of_these if r["topic_id"] in quoted),
                "unanswerable": Counter(g.verdict for r, g in of_these if not answerable[r["topic_id"]]),
                "wrong claims": sum(g.wrong_claim for _, g in of_these),
                "n": len(of_these),
            }
    return found


def table(results: Mapping[str, Any]) -> str:
    """The README's table: a row a set and condition."""
    rows = [
        "| set | gold found, quoted | modes | graded C, P, I | judged C, P, I | unanswerable declined "
        "| link to gold start, s | quotes, first token, whole, ms p50 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, f in results["sets"].items():
        grades = [graded["answerable"] for key, graded in f.items() if key.startswith("graded, ")]
        times = ", ".join(str(f[key].get("p50", "–")) for key in ("quotes_ms", "first_token_ms", "total_ms"))
        cells = (
            f"{name}, n={f['n']}",
            f"{f['gold among the hits']}, {f['gold among the quotes']} of {f['answerable']}",
            ", ".join(f"{count} {mode}" for mode, count in sorted(f["modes"].items())),
            "; ".join(map(_verdicts, grades)) or "–",
            _verdicts(f["judged"]["verdicts"]) if "judged" in f else "–",
            "{} of {}".format(*f["unanswerable declined"]),
            f["link to gold start, s, median"],
            times,
        )
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(rows) + "\n"


def _verdicts(counted: Mapping[str, int]) -> str:
    return ", ".join(str(counted.get(verdict, 0)) for verdict in "CPI")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="keep indexes, answers and forms here")
    parser.add_argument("--sets", nargs="+", choices=tuple(TOPIC_FILES), default=list(TOPIC_FILES))
    parser.add_argument("--conditions", nargs="+", choices=_CONDITIONS, default=list(_CONDITIONS))
    parser.add_argument("--llm", default="embedded", help="SPEC of the model that writes")
    parser.add_argument("--judge", default="embedded", help="SPEC of the model that judges, or none")
    parser.add_argument("--reuse", action="store_true", help="measure the answers that lie in --work")
    parser.add_argument("--grades", nargs="*", type=Path, default=[], help="filled forms")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
