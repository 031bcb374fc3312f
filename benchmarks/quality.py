"""`make bench`: retrieval quality over all test sets, each way of searching, with intervals. Nothing is tuned here.

`python -m benchmarks.quality --help` lists how to run a part; a part is printed and written nowhere.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.configurations import ALL, DEFAULT, Configuration
from benchmarks.courses import SETTINGS, BuiltCourse, Courses, remembering
from benchmarks.environment import ROOT, circumstances, need_shared, working_folder, write_results
from benchmarks.records import BenchSet
from benchmarks.scoring import DEPTH, chance, differences, means, score_question
from benchmarks.sets import MAKERS, make_sets
from benchmarks.tables import ablation_page, retrieval_table
from rag.encoder import Encoder, open_encoder
from rag.exchange import run_records
from rag.retriever import SegmentRetriever

_COMMAND = "make bench"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure; if everything was measured, write the JSON, the README's table and ``docs/ablation.md``."""
    options = _options(arguments)
    need_shared("make bench")
    configurations = [c for c in ALL if c.name in options.configurations]
    for configuration in configurations:
        configuration.settings()  # one that cannot be is told before anything is built
    encoder = open_encoder(source=SETTINGS.encoder.source, runtime=SETTINGS.encoder.runtime)
    asking = remembering(encoder)
    results: dict[str, Any] = circumstances(_COMMAND) | {
        "encoder": encoder.identity.name,
        "runtime": encoder.identity.runtime,
        "depth": DEPTH,
        "default": DEFAULT.name,
        "configurations": {c.name: {"mode": c.mode, "overrides": dict(c.overrides)} for c in configurations},
        "sets": {},
    }
    started = time.perf_counter()
    with working_folder(options.work) as place:
        courses = Courses(place, encoder)
        for bench_set in make_sets(options.sets, place):
            entry = measure_set(bench_set, courses.open(bench_set), asking, configurations)
            results["sets"][bench_set.name] = entry
            _print_set(bench_set, entry)
    results["total_s"] = round(time.perf_counter() - started, 1)
    print(f"{results['total_s']:.0f} s in all")
    if set(options.sets) == set(MAKERS) and len(configurations) == len(ALL):
        write_results("retrieval", results, retrieval_table(results))
        (ROOT / "docs" / "ablation.md").write_text(ablation_page(results), encoding="utf-8")
    else:
        print("a part was run: nothing is written")


def measure_set(
    bench_set: BenchSet, course: BuiltCourse, encoder: Encoder, configurations: Sequence[Configuration]
) -> dict[str, Any]:
    """Every configuration over one set, and each one's paired difference to the default where that was run."""
    n_documents = len(course.index.lectures)
    scores, entries = {}, {}
    for configuration in configurations:
        started = time.perf_counter()
        scores[configuration.name], n_with_hits = _score_all(bench_set, course, encoder, configuration)
        entries[configuration.name] = {
            "n_with_hits": n_with_hits,
            "search_s": round(time.perf_counter() - started, 1),
            "measures": means(scores[configuration.name], bench_set),
        }
    baseline = scores.get(DEFAULT.name)
    if baseline is not None:
        for name in scores.keys() - {DEFAULT.name}:
            entries[name]["difference"] = differences(scores[name], baseline, bench_set)
    return {
        "language": bench_set.language,
        "corpus": bench_set.corpus,
        "note": bench_set.note,
        "convention": {"unit": bench_set.convention.unit, "meaning": bench_set.convention.meaning},
        "n_questions": len(bench_set.questions),
        "left_out": dict(bench_set.left_out),
        "n_documents": n_documents,
        "n_segments": len(course.index),
        "chance_at_1": chance(bench_set, n_documents),
        "index_s": course.index_s,
        "index_reused": course.reused,
        "configurations": entries,
    }


def _score_all(
    bench_set: BenchSet, course: BuiltCourse, encoder: Encoder, configuration: Configuration
) -> tuple[Mapping[str, Mapping[str, float]], int]:
    """The measures of each question, and how many questions had a hit at all."""
    retriever = SegmentRetriever(course.index, encoder, configuration.settings())
    scores, n_with_hits = {}, 0
    for question in bench_set.questions:
        hits = run_records(retriever.search(question.question, k=DEPTH))
        n_with_hits += bool(hits)
        scores[question.question_id] = score_question(hits, question, bench_set.convention)
    return scores, n_with_hits


def _print_set(bench_set: BenchSet, entry: Mapping[str, Any]) -> None:
    print(
        f"{bench_set.name} ({bench_set.language}): {entry['n_questions']} questions, {entry['n_documents']} documents, "
        f"{entry['n_segments']} segments, index {entry['index_s']} s{' (kept)' if entry['index_reused'] else ''}"
    )
    for name, configuration in entry["configurations"].items():
        figures = "  ".join(f"{m} {mean['value']:.4f}" for m, mean in configuration["measures"].items())
        print(f"  {name:28} {figures}  ({configuration['search_s']} s)", flush=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    names = [configuration.name for configuration in ALL]
    parser.add_argument("--sets", nargs="+", choices=list(MAKERS), default=list(MAKERS), metavar="SET")
    parser.add_argument("--configurations", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--work", type=Path, metavar="DIR", help="keep the indexes here; by default none is kept")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
