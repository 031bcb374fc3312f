"""`make bench`: retrieval quality on the development data, with intervals. Nothing is tuned here."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.environment import ROOT, SHARED, circumstances, write_results
from eval.measures import bootstrap_mean, ndcg, summarise_run
from eval.runs import search_topics
from eval.topics import read_topics
from rag.build import build_index
from rag.config import load_settings
from rag.encoder import open_encoder
from rag.pipeline import Monitoria
from rag.records import Mode

MODES: tuple[Mode, ...] = ("dense", "lexical", "hybrid")
SETTINGS = load_settings({"encoder": {"source": "carried", "runtime": "onnx-int8"}}, environment={})


def faquad_course(folder: Path) -> list[tuple[str, str]]:
    """Write FaQuAD's 249 distinct paragraphs as files; returns (question, paragraph's lecture id) pairs."""
    folder.mkdir()
    data = json.loads((SHARED / "faquad-pt" / "data" / "dataset.json").read_text(encoding="utf-8"))
    ids: dict[str, str] = {}
    questions = []
    for paragraph in (p for document in data["data"] for p in document["paragraphs"]):
        lecture_id = ids.setdefault(paragraph["context"], f"p{len(ids):03d}")
        (folder / f"{lecture_id}.txt").write_text(paragraph["context"], encoding="utf-8")
        questions += [(answer["question"], lecture_id) for answer in paragraph["qas"]]
    return questions


def measure_faquad(course: Monitoria, questions: list[tuple[str, str]], mode: Mode) -> dict[str, Any]:
    """NDCG@10 and Recall@1 with the question's paragraph as the one relevant document."""
    gains, firsts = [], []
    for question, gold in questions:
        found = list(dict.fromkeys(hit.lecture.lecture_id for hit in course.search(question, k=20, mode=mode)))
        gains.append(ndcg([lecture_id == gold for lecture_id in found], 1))
        firsts.append(float(found[:1] == [gold]))
    return {"nDCG@10": asdict(bootstrap_mean(gains)), "Recall@1": asdict(bootstrap_mean(firsts))}


def main() -> None:
    """Measure, write `benchmarks/results/retrieval.json`, and the README's table."""
    if not SHARED.is_dir():
        sys.exit("make bench needs the development data in ../shared/data, which is not part of the project")
    encoder = open_encoder(source="carried", runtime="onnx-int8")
    results: dict[str, Any] = circumstances("make bench")
    with tempfile.TemporaryDirectory() as place:
        questions = faquad_course(Path(place) / "faquad")
        courses = {
            "faquad": Path(place) / "faquad",
            "lectures": SHARED / "fastapi-do-zero-pt" / "lectures",
            "sample": ROOT / "corpus" / "sample",
        }
        topics = {
            "lectures": read_topics(SHARED / "fastapi-do-zero-pt" / "questions.jsonl"),
            "sample": read_topics(courses["sample"] / "topics.jsonl"),
        }
        for name, source in courses.items():
            started = time.perf_counter()
            report = build_index(Path(place) / f"{name}-index", [source], encoder, SETTINGS)
            entry: dict[str, Any] = {"segments": report.n_segments, "index_s": round(time.perf_counter() - started, 1)}
            course = Monitoria.open(Path(place) / f"{name}-index", settings=SETTINGS, encoder=encoder)
            for mode in MODES:
                if name == "faquad":
                    entry[mode] = measure_faquad(course, questions, mode)
                else:
                    summary = summarise_run(search_topics(course, topics[name], k=20, mode=mode), topics[name])
                    entry[mode] = {measure: asdict(mean) for measure, mean in summary.items()}
                print(name, mode, {k: round(v["value"], 4) for k, v in entry[mode].items()}, flush=True)
            results[name] = entry
    write_results("retrieval", results, table(results))


def table(results: dict[str, Any]) -> str:
    """The README's table, each figure with its 95 % interval."""

    def cell(course: str, mode: str, measure: str) -> str:
        mean = results[course][mode][measure]
        return f"{mean['value']:.3f} [{mean['low']:.3f}, {mean['high']:.3f}]"

    lines = [
        "| mode | FaQuAD nDCG@10 (n=900) | lectures hit@5 (n=60) | lectures MRR@10 | sample course hit@5 (n=40) |",
        "|---|---|---|---|---|",
    ]
    for mode in MODES:
        cells = [
            cell("faquad", mode, "nDCG@10"),
            cell("lectures", mode, "hit@5"),
            cell("lectures", mode, "MRR@10"),
            cell("sample", mode, "hit@5"),
        ]
        lines.append(f"| {mode} | " + " | ".join(cells) + " |")
    lines.append(f"\n`make bench`, commit {results['commit']}, {results['date']}, {results['machine']['cpu']}, ")
    lines[-1] += f"{results['machine']['cores']} cores; 95 % bootstrap intervals.\n"
    return "\n".join(lines)


if __name__ == "__main__":
    main()
