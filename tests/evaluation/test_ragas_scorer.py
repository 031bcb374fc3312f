"""The real ragas with a scripted model and the real encoder: its numbers by hand, and what becomes of its failures."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from corpus.language import set_interface_language
from eval.ragas.scores import METRICS, Metric, RagasScore
from eval.topics import Topic
from rag.encoder import Encoder
from rag.records import Query
from tests.evaluation.scripted_ragas import (
    TOPICS,
    case_in,
    is_again,
    kind_of,
    replying,
    samples,
    scorer,
    shown_to,
    verdicts,
)
from tests.scripted_server import Script, scripted_server

PT, EN, _ = TOPICS


@dataclass
class Run:
    """Both topics, in Portuguese and in English, scored by every metric; the requests by topic and kind."""

    scores: dict[tuple[str, Metric], RagasScore]
    asked: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))


@pytest.fixture(scope="module")
def run(encoder: Encoder) -> Run:
    """By hand: of three contexts the second is useless; the first of ragas's two judges gives 4, the second 2."""

    def useful(asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"reason": "r", "verdict": 0 if "trecho 2" in case_in(asked) else 1}

    def rate(asked: Mapping[str, Any]) -> dict[str, int]:
        first = ("Você confere", "You are a world class")
        return {"rating": 4 if any(told in shown_to(asked) for told in first) else 2}

    script = Script(reply=replying(usefulness=useful, rating=rate))
    with scripted_server(script) as url:
        by = scorer(url, encoder=lambda: encoder)
        wanted = [one for topic in (PT, EN) for one in samples(by, *METRICS, topic=topic)]
        found = Run({(one.topic_id, one.metric): one for one in by.score(wanted)})
    for asked in script.requests:
        language = "pt" if "Escreva só um" in asked["messages"][0]["content"] else "en"
        found.asked[language, kind_of(asked)].append(asked)
    return found


def test_two_of_three_statements_supported_are_two_thirds(run: Run) -> None:
    one = run.scores["pt", "faithfulness"]
    assert (one.score, one.error, one.cause) == (pytest.approx(2 / 3), None, None)
    assert (one.llm, one.language, one.asked, one.encoder) == ("openai:x", "pt", 2, None)
    assert one.raw is not None
    assert '"s2"' in one.raw.split("\n---\n")[1]
    (first,), (second,) = run.asked["pt", "statements"], run.asked["pt", "verdicts"]
    assert (first["temperature"], first["seed"]) == (0.0, 7)
    assert '"answer":"Desliga neurônios."' in case_in(first)
    assert '"statements":["s0","s1","s2"]' in case_in(second)
    # What the answer cites stands before what was only found.
    assert r"trecho 2 fala do dropout\ntrecho 1 fala do dropout\ntrecho 3" in case_in(second)


def test_answer_relevancy_is_the_cosine_of_two_questions_to_the_same_encoder(run: Run, encoder: Encoder) -> None:
    for topic in (PT, EN):
        one = run.scores[topic.topic_id, "answer_relevancy"]
        mine, guessed = encoder.encode_queries([Query(topic.question), Query("Para que serve o dropout?")])
        assert one.score == pytest.approx(float(mine @ guessed), abs=1e-6)
        assert one.encoder == f"{encoder.identity.name}:{encoder.identity.sha256[:12]}:onnx-int8"
        # ragas wants three questions; at temperature 0 the model has one to give.
        assert one.asked == 1
    ordered = [run.scores[topic.topic_id, "answer_relevancy"].score or 0 for topic in (EN, PT)]
    assert ordered == sorted(ordered)


def test_context_precision_is_average_precision(run: Run) -> None:
    one = run.scores["pt", "context_precision"]
    # Useful, not, useful: precision 1 at the first, 2/3 at the third.
    assert one.score == pytest.approx((1 + 2 / 3) / 2)
    assert one.asked == 3


def test_context_recall_is_the_share_of_the_reference_that_was_found(run: Run) -> None:
    assert run.scores["pt", "context_recall"].score == 0.5


def test_answer_accuracy_is_the_mean_of_two_judges(run: Run) -> None:
    assert run.scores["pt", "answer_accuracy"].score == pytest.approx((4 + 2) / 2 / 4)
    # The second sees the two answers in each other's place.
    cases = [json.loads(case_in(asked)) for asked in run.asked["pt", "rating"]]
    assert {cases[0]["user_answer"], cases[0]["reference_answer"]} == {"Desliga neurônios.", PT.reference_answer}
    assert cases[0]["user_answer"] == cases[1]["reference_answer"]


@pytest.mark.parametrize("kind", ["statements", "verdicts", "question", "usefulness", "attribution", "rating"])
def test_the_prompt_is_in_the_language_of_the_question(run: Run, kind: str) -> None:
    portuguese, english = ("\n".join(map(shown_to, run.asked[language, kind])) for language in ("pt", "en"))
    assert "Escreva só um objeto JSON" in portuguese
    for word in ("Please", "Given", "Now perform", "Example", "You evaluate", "rating of"):
        assert word not in portuguese
    # Our examples are turns of their own, and so is the case.
    turns = [message["role"] for message in run.asked["pt", kind][0]["messages"]]
    assert turns[0] == "system"
    assert turns[1:-1] == ["user", "assistant"] * (len(turns) // 2 - 1)
    assert '":' in case_in(run.asked["pt", kind][0])
    assert "Now perform the same with the following input" in english
    assert "Escreva" not in english
    assert {one.language for (topic_id, _), one in run.scores.items() if topic_id == "pt"} == {"pt"}


def numbered(n: int) -> Topic:
    return Topic(f"caso {n}", f"O que é o caso-{n}.", True, f"É o caso-{n}.")


def half(asked: Mapping[str, Any]) -> Any:
    return {"rating": 4} if "Você confere" in shown_to(asked) else "quatro"


def mended(asked: Mapping[str, Any]) -> Any:
    return "?" if not is_again(asked) else '```json\n{"rating": 2}\n```'


UNREADABLE = "unreadable"
# What is said to one kind of request; what ragas makes of it, why it is nothing, and how often the model is asked.
CASES: list[tuple[Metric, dict[str, Any], float | None, str | None, str, int]] = [
    ("faithfulness", {"statements": "Claro! Vou desmontar."}, None, UNREADABLE, "there is no JSON object", 2),
    ("faithfulness", {"statements": {"statements": ["a", "b", "a"]}}, None, UNREADABLE, "that repeat others", 2),
    ("faithfulness", {"verdicts": '{"statements": [{"'}, None, UNREADABLE, "the JSON is unfinished or wrong", 3),
    ("faithfulness", {"verdicts": {"statements": verdicts(1, 1)}}, None, UNREADABLE, "there are 2 verdicts, not 3", 3),
    ("faithfulness", {"verdicts": {"statements": verdicts(1, 1, 7)}}, None, UNREADABLE, "verdict is 7, not 0 or 1", 3),
    ("faithfulness", {"statements": {"statements": []}}, None, "undefined", "ragas gave nan, which is no score", 1),
    ("context_precision", {"usefulness": {"reason": "r"}}, None, UNREADABLE, "verdict is wrong or missing", 2),
    ("context_recall", {"attribution": {"classifications": verdicts(-1, key="attributed")}}, None, UNREADABLE,
     "attributed is -1, not 0 or 1", 2),
    ("answer_relevancy", {"question": {"question": " ", "noncommittal": 0}}, None, UNREADABLE, "has no text", 2),
    ("answer_relevancy", {"question": '{"question": "a", "noncommittal": 0} {}'}, None, UNREADABLE,
     "there is more than one JSON object", 2),
    ("answer_accuracy", {"rating": {"rating": 3}}, None, UNREADABLE, "rating is 3, not 0 or 2 or 4", 2),
    # ragas takes the one judge that it could read for both; a mean of such and of others means nothing.
    ("answer_accuracy", {"rating": half}, None, UNREADABLE, "there is no JSON object", 3),
    ("answer_accuracy", {"rating": mended}, 0.5, None, "", 4),
    # An answer that evades has no relevancy, whatever it might have answered.
    ("answer_relevancy", {"question": {"question": "Quanto custou?", "noncommittal": 1}}, 0.0, None, "", 1),
    ("answer_relevancy", {"question": {"question": "", "noncommittal": 1}}, 0.0, None, "", 1),
]  # fmt: skip


@pytest.fixture(scope="module")
def said_oddly(encoder: Encoder) -> tuple[list[RagasScore], list[dict[str, Any]]]:
    """The scores of `CASES`, in their order, and all that was asked."""

    def reply(asked: Mapping[str, Any]) -> str:
        found = re.search(r"caso-(\d+)", case_in(asked))
        assert found is not None
        return replying(**CASES[int(found.group(1))][1])(asked)

    set_interface_language("en")
    script = Script(reply=reply)
    with scripted_server(script) as url:
        by = scorer(url, encoder=lambda: encoder)
        wanted = [
            one
            for n, (metric, *_) in enumerate(CASES)
            for one in samples(
                by, metric, topic=numbered(n), text=f"caso-{n}",
                hits=[{"segment_id": 2, "rank": 1, "text": f"fala do caso-{n}"}],
            )
        ]  # fmt: skip
        found = {one.topic_id: one for one in by.score(wanted)}
    return [found[f"caso {n}"] for n in range(len(CASES))], script.requests


@pytest.mark.parametrize("n", range(len(CASES)))
def test_garbage_is_a_missing_score_with_its_cause(
    n: int, said_oddly: tuple[list[RagasScore], list[dict[str, Any]]]
) -> None:
    _, _, score, cause, error, asked = CASES[n]
    one = said_oddly[0][n]
    assert (one.score, one.cause, one.asked) == (score, cause, asked)
    assert error in (one.error or "")
    assert (one.error is None) == (cause is None)


def test_a_fault_is_named_to_the_model_once(said_oddly: tuple[list[RagasScore], list[dict[str, Any]]]) -> None:
    again = [asked for asked in said_oddly[1] if is_again(asked)]
    # Each fault once, and both judges of the one case that was mended.
    assert len(again) == sum(cause == UNREADABLE for _, _, _, cause, _, _ in CASES) + 2
    for asked in again:
        assert [message["role"] for message in asked["messages"][-3:]] == ["user", "assistant", "user"]
        assert asked["messages"][-1]["content"].startswith("Isso não pôde ser lido: ")
