"""What each question's answer is worth by every measure; means and comparisons are made of these.

A measure that applies to a question but is not known (the judge failed, nobody answered) is ``None`` there: it lowers
the coverage, never the mean. Finding is known even without a hit: then it is 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from eval.choices import score_choice
from eval.cited import citations_hold, link_offsets_s
from eval.grading import Verdict
from eval.judging.judgements import Kind
from eval.measures import MEASURES, Mean, bootstrap_mean, score_run
from eval.report.gathered import Entry, Gathered

Scores = dict[str, float | None]
TOTALS = (
    "AR",
    "reference",
    "correct",
    "people",
    "choice",
    "choice by a guess",
    "groundedness",
    "declined (answerable)",
    "declined (unanswerable)",
    "rightly declined",
    "citations hold",
    "answers with a citation",
)
FINDING = ("hit@1", "hit@3", "hit@5", "hit@10", "MRR@10", "nDCG@10")
LATENCIES = {"retrieve": "retrieve_ms", "first_token": "first_token_ms", "total": "total_ms"}


# As they are listed, whatever they are of.
_ORDER = (*TOTALS, *MEASURES, "link_offset_s", *LATENCIES.values())


def place_of(measure: str) -> tuple[int, str]:
    """What measures are sorted by to stand as in the report; those that it does not know come last, by name."""
    return _ORDER.index(measure) if measure in _ORDER else len(_ORDER), measure


def entry_scores(entry: Entry, gathered: Gathered) -> Scores:
    """One question's scores by every measure that applies to it.

    Shares are 0 or 1: ``correct`` by the judge with the reference before it, ``people`` by people, ``choice`` by the
    choice. ``declined (unanswerable)`` is the recall of declining, ``rightly declined`` its precision.
    """
    scores: Scores = {}
    for kind in gathered.kinds:
        scores |= _judged(entry, kind)
    if gathered.has_people:
        scores["people"] = None if entry.people is None else float(entry.people == "C")
    scores |= _choice(entry) | _declining(entry) | _citing(entry) | _finding(entry)
    timings = (entry.record or {}).get("timings_ms") or {}
    for key, name in LATENCIES.items():
        if timings.get(key) is not None:
            scores[name] = float(timings[key])
    return scores


def score_all(gathered: Gathered) -> dict[str, Scores]:
    """`entry_scores` of every question, by topic id."""
    return {entry.topic.topic_id: entry_scores(entry, gathered) for entry in gathered.entries}


def means(scored: Iterable[Scores]) -> dict[str, Mean]:
    """Every measure's mean over the questions it applies to, its interval, and over how many of them it is."""
    found: dict[str, list[float | None]] = {}
    for mine in scored:
        for name, score in mine.items():
            found.setdefault(name, []).append(score)
    return {
        name: bootstrap_mean([one for one in scores if one is not None], len(scores)) for name, scores in found.items()
    }


def by_measure(scored: Mapping[str, Mapping[str, float | None]]) -> dict[str, dict[str, float]]:
    """``{measure: {topic_id: score}}`` of ``{topic_id: {measure: score}}``, what is not known left out."""
    found: dict[str, dict[str, float]] = {}
    for topic_id, scores in scored.items():
        for name, score in scores.items():
            if score is not None:
                found.setdefault(name, {})[topic_id] = score
    return found


def verdict_of(entry: Entry) -> tuple[Verdict | None, str]:
    """An answer's verdict and whose it is: people's, the choice's, the judge's by reference, else by relevance."""
    if entry.people is not None:
        return entry.people, "people"
    chosen = None if entry.record is None else score_choice(entry.record, entry.topic)
    if chosen is not None:
        return chosen.verdict, "choice"
    for kind in ("reference", "ar"):
        judgement = entry.judgements.get(kind)
        if judgement is not None and judgement.verdict is not None:
            return judgement.verdict, kind
    return None, ""


def _judged(entry: Entry, kind: Kind) -> Scores:
    judgement = entry.judgements.get(kind)
    topic = entry.topic
    score = None if judgement is None else judgement.ar
    if kind == "ar":
        return {} if topic.answerable is False else {"AR": score}
    if kind == "groundedness":
        # An answer that claims nothing has no groundedness; one whose judge failed has an unknown one.
        return {} if judgement is None else {"groundedness": score}
    is_judged = topic.answerable is False or (bool(topic.reference_answer) and not topic.correct)
    if judgement is None and not is_judged:
        return {}
    right = None if judgement is None or judgement.verdict is None else float(judgement.verdict == "C")
    return {"reference": score, "correct": right}


def _choice(entry: Entry) -> Scores:
    if entry.record is None:
        return {"choice": None} if entry.topic.choices else {}
    scored = score_choice(entry.record, entry.topic)
    if scored is None:
        return {}
    if scored.exact is None:
        return {"choice": None}
    return {"choice": float(scored.exact), "choice by a guess": scored.guess}


def _declining(entry: Entry) -> Scores:
    answerable, record = entry.topic.answerable, entry.record
    if answerable is None:
        return {}
    declined = None if record is None else float(bool(record.get("abstained")))
    scores: Scores = {"declined (answerable)" if answerable else "declined (unanswerable)": declined}
    if declined:
        scores["rightly declined"] = float(not answerable)
    return scores


def _citing(entry: Entry) -> Scores:
    record = entry.record
    if record is None or record.get("abstained"):
        return {}
    scores: Scores = {
        "citations hold": float(citations_hold(record)),
        "answers with a citation": float(bool(record.get("references"))),
    }
    offsets = link_offsets_s(record, entry.topic.gold)
    return scores | ({"link_offset_s": offsets[0]} if offsets else {})


def _finding(entry: Entry) -> Scores:
    hits = (entry.record or {}).get("hits") or ()
    scored: Mapping[str, Mapping[str, float]] = score_run({entry.topic.topic_id: hits}, [entry.topic])
    found = scored.get(entry.topic.topic_id, {})
    return {name: found[name] for name in FINDING if name in found}
