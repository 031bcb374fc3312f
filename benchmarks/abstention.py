"""`python -m benchmarks.abstention`: fits when to decline an answer, and reports it on questions that had no say.

Fitted on the questions of lectures 00, 02, 04, 06 and on the sample course, reported on those of 01, 03, 05, 07. More
questions that nothing answers come from leaving an answerable question's gold lectures out of the search (another
lecture may answer some all the same). Writes `results/abstention.json` with the curve: for each share of answerable
questions that may be declined, what was declined of each kind, and how often the quotes of what was answered hold the
gold. The weights and thresholds go into `rag.abstention` by hand.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from benchmarks.courses import SETTINGS, Courses
from benchmarks.environment import RESULTS, circumstances, need_shared, working_folder
from benchmarks.evidence import balanced
from benchmarks.sets import TOPIC_FILES, make_sets
from corpus.language import detect_language
from eval.measures import is_relevant
from eval.topics import Topic, read_topics
from rag.abstention import SHARES, quote_signals
from rag.encoder import open_encoder
from rag.exchange import run_records
from rag.index import Filters
from rag.llm import LLM, open_llm
from rag.odds import answering_odds
from rag.quotes import choose_quotes
from rag.retriever import SegmentRetriever

# Which lecture a question is about is in its name; of those about several, every other one.
_FITTED_ON = ("a00", "a02", "a04", "a06", "u04", "u06", "u0003-01", "u0003-03", "u0003-05")


@dataclass(frozen=True, slots=True)
class Case:
    """A question as it was asked, or with its gold lectures left out (``asked`` is false then)."""

    bench_set: str
    topic_id: str
    answerable: bool
    asked: bool
    holds_gold: bool
    found_gold: bool
    quotes: tuple[float, ...]
    with_odds: tuple[float, ...]

    @property
    def fitted_on(self) -> bool:
        """Whether it has a say."""
        return self.bench_set == "sample" or self.topic_id.startswith(_FITTED_ON)


def cases(name: str, retriever: SegmentRetriever, llm: LLM, topics: Sequence[Topic]) -> list[Case]:
    """Each topic as asked and, where it has gold, with its gold lectures left out."""
    every = set(retriever.index.lectures)
    found = []
    for topic in topics:
        others = Filters(lectures=tuple(sorted(every - {span.lecture_id for span in topic.gold})))
        searches = (None, others) if topic.gold else (None,)
        found += [_case(name, retriever, llm, topic, filters) for filters in searches]
    return found


def _case(name: str, retriever: SegmentRetriever, llm: LLM, topic: Topic, filters: Filters | None) -> Case:
    profile = SETTINGS.small
    hits = retriever.search(topic.question, filters=filters)
    quotes = choose_quotes(
        retriever.index, retriever.encoder, topic.question, hits, most=profile.quotes, max_words=profile.quote_words
    )
    language = detect_language(topic.question)
    odds = answering_odds(llm, topic.question, quotes[: profile.weighed], language, SETTINGS.llm.timeout_s)
    shown = [
        {"lecture_id": q.hit.lecture.lecture_id, "start_s": q.place.start_s, "end_s": q.place.end_s} for q in quotes
    ]
    return Case(
        name,
        topic.topic_id,
        answerable=topic.answerable and filters is None,
        asked=filters is None,
        holds_gold=any(is_relevant(span, topic.gold) for span in shown),
        found_gold=any(is_relevant(record, topic.gold) for record in run_records(hits)),
        quotes=quote_signals(quotes),
        with_odds=quote_signals(quotes, odds),
    )


def curve(
    held_out: Sequence[Case], scores: NDArray[np.float64], thresholds: Sequence[float]
) -> list[dict[str, float | int]]:
    """What each threshold declines of the held-out questions, and how often what is answered quotes the gold."""
    answerable = np.array([case.answerable for case in held_out])
    asked = np.array([case.asked for case in held_out])
    gold = np.array([case.holds_gold for case in held_out])
    found = np.array([case.found_gold for case in held_out])
    rows: list[dict[str, float | int]] = []
    for share, threshold in zip(SHARES, thresholds, strict=True):
        declined = scores < threshold
        answered = asked & ~declined
        rows.append(
            {
                "at most": share,
                "threshold": round(float(threshold), 4),
                "answerable declined": int((declined & answerable).sum()),
                "of": int(answerable.sum()),
                "of them quoting the gold": int((declined & answerable & gold).sum()),
                "of them with the gold among the hits": int((declined & answerable & found).sum()),
                "unanswerable declined": int((declined & asked & ~answerable).sum()),
                "of unanswerable": int((asked & ~answerable).sum()),
                "left out declined": int((declined & ~asked).sum()),
                "of left out": int((~asked).sum()),
                "answered": int(answered.sum()),
                "answered and quoting the gold": int((answered & gold).sum()),
            }
        )
    return rows


def fitted(collected: Sequence[Case], signals: Callable[[Case], tuple[float, ...]]) -> dict[str, Any]:
    """The fit on the cases that have a say, and what it does on the others."""
    train = [case for case in collected if case.fitted_on]
    held_out = [case for case in collected if not case.fitted_on]
    model = balanced(_matrix(train, signals), [(case.bench_set, case.answerable) for case in train])
    chances = model.predict_proba(_matrix(train, signals))[:, 1]
    thresholds = np.quantile(chances[[case.answerable for case in train]], SHARES)
    thresholds[0] = 0.0
    scores = model.predict_proba(_matrix(held_out, signals))[:, 1]
    answerable = np.array([case.answerable for case in held_out])
    asked = np.array([case.asked for case in held_out])
    return {
        "n": {"fitted on": len(train), "held out": len(held_out)},
        "AUROC held out, as asked": round(float(roc_auc_score(answerable[asked], scores[asked])), 3),
        "AUROC held out, gold lectures left out": round(float(roc_auc_score(answerable, scores)), 3),
        "weights": model.coef_[0].round(3).tolist(),
        "intercept": round(float(model.intercept_[0]), 3),
        "curve": curve(held_out, scores, thresholds.tolist()),
    }


def _matrix(some: Sequence[Case], signals: Callable[[Case], tuple[float, ...]]) -> NDArray[np.float64]:
    return np.array([signals(case) for case in some], dtype=np.float64)


def main(arguments: Sequence[str] | None = None) -> None:
    """Collect, fit, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="keep the indexes here")
    options = parser.parse_args(arguments)
    need_shared("this")
    encoder = open_encoder(source=SETTINGS.encoder.source, runtime=SETTINGS.encoder.runtime)
    llm = open_llm(SETTINGS.llm)
    if llm is None:
        sys.exit("this weighs quotes with the embedded model, and the settings say that there is no model")
    collected: list[Case] = []
    with working_folder(options.work) as place:
        courses = Courses(place, encoder)
        for bench_set in make_sets(tuple(TOPIC_FILES), place):
            retriever = SegmentRetriever(courses.open(bench_set).index, encoder)
            collected += cases(bench_set.name, retriever, llm, read_topics(TOPIC_FILES[bench_set.name]))
        seen = [asdict(case) for case in collected]
        (place / "cases.json").write_text(json.dumps(seen), encoding="utf-8")
    results: dict[str, Any] = circumstances("python -m benchmarks.abstention") | {
        "quotes only": fitted(collected, lambda case: case.quotes),
        f"with the odds of {llm.name}": fitted(collected, lambda case: case.with_odds),
        f"the odds of {llm.name} alone": fitted(collected, lambda case: case.with_odds[1:]),
    }
    (RESULTS / "abstention.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
