"""The README's tables of peers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.environment import made_by

_QUOTED = (("faquad", "nDCG@10"), ("lectures", "hit@5"), ("lectures", "MRR@10"), ("hf-en", "MRR@10"))
_TIMED = "lectures"


def peers_tables(results: Mapping[str, Any]) -> str:
    """Retrieval and encoding side by side, with what could not run and why."""
    sets = results["sets"]
    quoted = [(name, measure) for name, measure in _QUOTED if name in sets]
    timed = _TIMED if _TIMED in sets else next(iter(sets))
    header = ["system", *(f"{name} {measure} (n={sets[name]['n_questions']})" for name, measure in quoted)]
    header += [f"index {timed}, s", "a question, ms: p50, p95", "times ours"]
    rows = [header, ["---"] * len(header)]
    for system in sets[timed]["systems"]:
        entries = {name: entry["systems"][system] for name, entry in sets.items()}
        cells = [_figure(entries[name], measure) for name, measure in quoted]
        rows.append([system, *cells, *_times(entries[timed])])
    failed = {
        f"- {system}, {name}: {entry['could_not_run']}"
        for name, one in sets.items()
        for system, entry in one["systems"].items()
        if "could_not_run" in entry
    }
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if failed:
        lines += ["", "Could not run:", "", *sorted(failed)]
    lines += ["", _NOTE, "", *_encoding(results["encoding"]), "", _circumstances(results)]
    return "\n".join(lines)


_NOTE = (
    "All are given the segments that ours cut and the same carried E5 with its two prefixes; questions are asked in "
    "turns, 50 hits each. Ours reads and cuts the files within its index time. **Bold**: the paired difference to "
    "ours has a 95 % interval without 0."
)


def _figure(entry: Mapping[str, Any], measure: str) -> str:
    if "could_not_run" in entry:
        return "–"
    mean = entry["measures"][measure]
    cell = f"{mean['value']:.3f} [{mean['low']:.3f}, {mean['high']:.3f}]"
    difference = entry.get("difference_to_ours", {}).get(measure)
    if difference is not None and (difference["low"] > 0 or difference["high"] < 0):
        return f"**{cell}**"
    return cell


def _times(entry: Mapping[str, Any]) -> list[str]:
    if "could_not_run" in entry:
        return ["–", "–", "–"]
    question = entry["question_ms"]
    return [f"{entry['index_s']:.0f}", f"{question['p50']:.1f}, {question['p95']:.1f}", f"{entry['times_our_ms']:.2f}"]


def _encoding(encoding: Mapping[str, Any]) -> list[str]:
    lines = [
        "| encoder | ten 400-token segments, passages/s | ours is faster | one question, ms | ours is faster |",
        "|---|---|---|---|---|",
    ]
    for name, entry in encoding["encoders"].items():
        rate, question = entry["passages_per_s"], entry["question_ms"]
        lines.append(
            f"| {name} | {rate['median']:.1f} [{rate['low']:.1f}–{rate['high']:.1f}] "
            f"| {entry['ours_faster_on_passages']:.2f} × | {question['median']:.1f} "
            f"[{question['low']:.1f}–{question['high']:.1f}] | {entry['ours_faster_on_a_question']:.2f} × |"
        )
    lines += [f"\n{name} could not run: {reason}" for name, reason in encoding["could_not_run"].items()]
    lines += ["", f"Medians of {encoding['rounds']} rounds in turns, slowest and fastest in brackets."]
    return lines


def _circumstances(results: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in results["peer_versions"].items())
    return f"{made_by(results)}, load before {results['load_before']}; {versions}.\n"
