"""The measured figures as Markdown: the README's table, and the page that takes the retrieval apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.configurations import ABLATION, DEFAULT, MODES
from benchmarks.environment import made_by
from eval.report.figures import figure

# What the README quotes of each set; the JSON has every measure.
_QUOTED = (
    ("faquad", "nDCG@10"),
    ("lectures", "hit@5"),
    ("lectures", "MRR@10"),
    ("sample", "hit@5"),
    ("lessons", "Recall@1"),
    ("lessons-to-lectures", "Recall@1"),
    ("pira-pt", "nDCG@10"),
    ("pira-en", "nDCG@10"),
    ("pira-pt-en", "nDCG@10"),
    ("pira-en-pt", "nDCG@10"),
    ("hf-en", "MRR@10"),
    ("hf-pt-en", "MRR@10"),
)
_PARTS = (
    ("Lectures", ("lectures", "sample", "lessons-to-lectures", "hf-en", "hf-pt-en")),
    ("Written material", ("faquad", "lessons")),
    ("Written material in two languages", ("pira-pt", "pira-en", "pira-pt-en", "pira-en-pt")),
)


def retrieval_table(results: Mapping[str, Any]) -> str:
    """The README's table: a row a set and measure, a column a mode, each figure with its 95 % interval."""
    rows = []
    for name, measure in _QUOTED:
        entry = results["sets"][name]
        cells = [_with_interval(entry["configurations"][mode.name]["measures"][measure]) for mode in MODES]
        label = f"{name} ({entry['language']}), {measure}, n={entry['n_questions']}"
        rows.append((label, *cells))
    header = ("set, measure", *(mode.name for mode in MODES))
    return _table(header, rows) + "\n" + f"{made_by(results)}; 95 % bootstrap intervals.\n"


def ablation_page(results: Mapping[str, Any]) -> str:
    """``docs/ablation.md``: what each part of the retrieval is worth on each set."""
    lines = [
        "# What each part of the retrieval is worth",
        f"Made by `{results['command']}`; do not edit. `{DEFAULT.name}` is the default. Every other row searches the "
        "same index in another way: its mean and, in brackets, the 95 % bootstrap interval of its difference to the "
        "default, question by question. **Bold**: the interval does not hold 0. Every other measure is in "
        "`benchmarks/results/retrieval.json`.",
        "",
    ]
    for title, names in _PARTS:
        measures = {name: next(m for n, m in _QUOTED if n == name) for name in names}
        header = ["configuration"]
        header += [f"{name}, {measures[name]}, n={results['sets'][name]['n_questions']}" for name in names]
        rows = []
        for configuration in (DEFAULT, *(c for c in (*MODES, *ABLATION) if c is not DEFAULT)):
            entries = [results["sets"][name]["configurations"][configuration.name] for name in names]
            cells = [_with_difference(e, measures[name]) for e, name in zip(entries, names, strict=True)]
            rows.append((configuration.name, *cells))
        lines += [f"## {title}", _table(header, rows)]
    lines += ["## Settings", *_settings(), "", "## Sets", *_sets(results["sets"]), ""]
    lines.append(f"{made_by(results)}; 95 % bootstrap intervals.\n")
    return "\n".join(lines)


def _settings() -> list[str]:
    told = [
        (c.name, ", ".join(f"`{key} = {value}`" for key, value in c.overrides.items()) or "defaults", c.mode)
        for c in (*MODES, *ABLATION)
    ]
    return [f"- {name}: mode `{mode}`, {overrides}" for name, overrides, mode in told]


def _sets(sets: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, entry in sets.items():
        left_out = "; ".join(f"{n} {reason}" for reason, n in entry["left_out"].items() if n)
        line = f"- **{name}** ({entry['language']}): {entry['note']}. {entry['n_questions']} questions"
        line += f" (left out: {left_out})" if left_out else ""
        line += f", {entry['n_documents']} documents in {entry['n_segments']} segments. Convention: "
        line += entry["convention"]["meaning"]
        if entry["chance_at_1"] is not None:
            line += f"; at rank 1 a random order is right {entry['chance_at_1']:.3f} of the time"
        lines.append(line + ".")
    return lines


def _with_interval(mean: Mapping[str, float]) -> str:
    return f"{mean['value']:.3f} [{mean['low']:.3f}, {mean['high']:.3f}]"


def _with_difference(entry: Mapping[str, Any], measure: str) -> str:
    value = f"{entry['measures'][measure]['value']:.3f}"
    if "difference" not in entry:
        return value
    difference = entry["difference"][measure]
    low, high = (figure(difference[end], 3, signed=True) for end in ("low", "high"))
    cell = f"{value} [{low}, {high}]"
    return f"**{cell}**" if difference["low"] > 0 or difference["high"] < 0 else cell


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in (header, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(header), *lines[1:]]) + "\n"
