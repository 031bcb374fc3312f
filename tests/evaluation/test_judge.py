"""What a judge is shown, what is made of its reply, and what is recorded when there is none."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from corpus.language import set_interface_language
from corpus.records import Choice
from eval.judging.asking import Patience
from eval.judging.judge import Judge
from eval.judging.judgements import Judgement, VerdictRule, from_record, to_record
from eval.judging.rubrics import rubric_hashes
from eval.topics import Topic
from rag.config import Settings
from rag.llm import open_llm
from rag.models import resolve_llm
from tests.evaluation.scripted_judge import said, scripted
from tests.scripted_server import Script, scripted_server

TOPIC = Topic("t1", "O que é dropout?", True, "Desligar neurônios ao acaso no treino.")
HITS = [
    {"segment_id": 7, "text": "o dropout desliga neurônios, ao acaso, em cada passo do treino"},
    {"segment_id": 9, "text": "a perda cai e o lote é de oito"},
]
REFERENCES = [
    {"n": 1, "segment_id": 7, "quote": "desliga neurônios, ao acaso"},
    {"n": 2, "segment_id": 9, "quote": "o lote é de oito"},
]


def answer(text: str = "Desliga neurônios [1].", **more: Any) -> dict[str, Any]:
    return {"topic_id": "t1", "question": TOPIC.question, "answer": text, "hits": HITS, "references": REFERENCES} | more


def judged(judge: Judge, kind: Any, record: Mapping[str, Any], topic: Topic = TOPIC) -> Judgement:
    judgement = judge.judge(kind, record, topic)
    assert judgement is not None
    return judgement


def shown(chat: Any, request: int = -1) -> str:
    return str(chat.asked[request][-1].content)


@pytest.mark.parametrize(("score", "ar", "verdict"), [(3, 1.0, "C"), (2, 2 / 3, "P"), (1, 1 / 3, "I"), (0, 0.0, "I")])
def test_answer_relevance_by_hand(score: int, ar: float, verdict: str) -> None:
    judge, chat = scripted(said(score, "dizer o que é", "diz que desliga"))
    judgement = judged(judge, "ar", answer())
    assert (judgement.score, judgement.ar, judgement.verdict) == (score, ar, verdict)
    assert (judgement.criteria, judgement.supporting_evidence) == ("dizer o que é", "diz que desliga")
    assert (judgement.judge, judgement.error, judgement.coverage) == ("scripted", None, (1, 1))
    assert judgement.tokens == (10, 2)
    assert judgement.raw == said(score, "dizer o que é", "diz que desliga")
    assert judgement.prompt_sha256 == rubric_hashes()["ar.pt"]
    assert len(chat.asked) == 1


def test_each_kind_is_shown_what_it_may_see() -> None:
    judge, chat = scripted(said(3))
    judged(judge, "ar", answer())
    assert "Desliga neurônios" in shown(chat)
    assert "ao acaso" not in shown(chat)  # neither the reference answer nor a passage
    judged(judge, "reference", answer())
    assert "Desligar neurônios ao acaso no treino." in shown(chat)
    assert "em cada passo" not in shown(chat)
    judged(judge, "groundedness", answer("Desliga metade dos neurônios [1]."))
    assert "em cada passo do treino" in shown(chat)
    assert "Desligar" not in shown(chat)
    assert "[1]" not in shown(chat)


def test_the_rubric_is_in_the_language_of_the_question() -> None:
    judge, chat = scripted(said(3))
    english = judged(judge, "ar", answer("It turns neurons off."), Topic("t1", "What is dropout and why is it used?"))
    assert english.prompt_sha256 == rubric_hashes()["ar.en"]
    assert "RESPONSE" in shown(chat)
    assert len(set(rubric_hashes().values())) == 6


def test_the_verdict_rule_is_a_setting() -> None:
    assert judged(scripted(said(2))[0], "ar", answer()).under(VerdictRule(2, 1)).verdict == "C"


def test_an_unreadable_judgement_is_asked_once_more_with_the_fault_named() -> None:
    judge, chat = scripted("Score: 0 to 3: 2", said(2))
    judgement = judged(judge, "ar", answer())
    assert (judgement.score, judgement.error) == (2, None)
    assert judgement.raw == "Score: 0 to 3: 2\n---\n" + said(2)
    assert [message.type for message in chat.asked[1][-3:]] == ["human", "ai", "human"]
    assert "criteria appears 0 times" in shown(chat)
    assert judgement.tokens == (20, 4)


@pytest.mark.parametrize("garbage", ["", "hmm", said(7), said(2.5), said("2/3"), "Score: 0 to 3: 2", said(-1)])
def test_what_stays_unreadable_has_a_cause_and_no_score(garbage: str) -> None:
    judge, chat = scripted(garbage)
    judgement = judged(judge, "ar", answer())
    assert (judgement.score, judgement.ar, judgement.verdict) == (None, None, None)
    assert (judgement.cause, judgement.coverage) == ("unreadable", (0, 1))
    assert judgement.error
    assert garbage in (judgement.raw or "")
    assert len(chat.asked) == 2
    assert not judgement.worth_asking_again


def test_a_fault_is_told_in_the_language_of_the_interface() -> None:
    set_interface_language("pt")
    assert judged(scripted("")[0], "ar", answer()).error == "não escreveu nada"


class Refusal(Exception):
    status_code = 401


class Busy(Exception):
    status_code = 429


@pytest.mark.parametrize(
    ("failure", "cause", "tries"),
    [
        (ConnectionError("no route"), "unreachable", 3),
        (TimeoutError(), "timeout", 3),
        (Busy("slow down"), "unreachable", 3),
        (RuntimeError("who knows"), "unreachable", 3),
        (Refusal("wrong key"), "refused", 1),
        (ValueError("no such model"), "refused", 1),
    ],
)
def test_a_failure_is_tried_again_where_it_may_pass_and_has_its_cause(
    failure: Exception, cause: str, tries: int
) -> None:
    judge, chat = scripted(failure)
    judgement = judged(judge, "ar", answer())
    assert (judgement.score, judgement.cause, judgement.raw) == (None, cause, None)
    assert str(failure) in str(judgement.error)
    assert len(chat.asked) == tries
    assert judgement.worth_asking_again


def test_a_failure_that_passes_leaves_no_trace() -> None:
    waits: list[float] = []
    judge, chat = scripted(ConnectionError(), TimeoutError(), said(3))
    judge = Judge(judge_llm(chat), patience=Patience(tries=3, backoff_s=0.5, sleep=waits.append))
    assert judged(judge, "ar", answer()).score == 3
    assert waits == [0.5, 1.0]


def judge_llm(chat: Any) -> Any:
    from rag.llm import LLM

    return LLM("scripted", chat, "small")


def test_a_judge_that_hangs_holds_nobody() -> None:
    judge, _ = scripted(said(3), pause_s=5, timeout_s=0.1)
    started = time.perf_counter()
    judgement = judged(judge, "ar", answer())
    assert time.perf_counter() - started < 3
    assert (judgement.cause, judgement.score) == ("timeout", None)
    assert judgement.error == "the judge was silent for 0.1 s"


@pytest.mark.parametrize(
    ("record", "answerable", "verdict"),
    [
        (answer("As aulas não respondem.", abstained=True), False, "C"),
        (answer("Trechos: “a” [1]", mode="quotes"), False, "P"),
        (answer("Custou mil reais [1]."), False, "I"),
        (answer("As aulas não respondem.", abstained=True), True, "I"),
    ],
)
def test_declining_is_judged_by_rule(record: dict[str, Any], answerable: bool, verdict: str) -> None:
    judge, chat = scripted(said(1))
    judgement = judged(judge, "reference", record, Topic("t1", TOPIC.question, answerable, TOPIC.reference_answer))
    assert (judgement.verdict, judgement.judge, judgement.prompt_sha256) == (verdict, "rule", None)
    assert judgement.criteria
    assert judgement.supporting_evidence
    assert chat.asked == []


def test_nothing_is_judged_where_there_is_nothing_to_judge_by() -> None:
    judge, _ = scripted(said(3))
    assert judge.judge("reference", answer(), Topic("t1", TOPIC.question)) is None
    assert judge.judge("groundedness", answer("As aulas não respondem.", abstained=True), TOPIC) is None
    assert judge.judge("groundedness", answer("Trechos mais próximos:"), TOPIC) is None


def test_groundedness_sentence_by_sentence() -> None:
    """A quotation stands by rule, a claim is asked about, one without a passage rests on nothing."""
    judge, chat = scripted(said(2, evidence="quase"))
    text = "\n".join(
        [
            "O modelo não escreveu uma resposta que as aulas sustentem. Trechos das aulas mais próximos da pergunta:",
            "O dropout desliga metade dos neurônios [1] (em parte). O lote ajuda. O código é o [9].",
            "“desliga neurônios, ao acaso. Em cada passo do treino” [1]",
        ]
    )
    judgement = judged(judge, "groundedness", answer(text, mode="quotes"))
    assert [(s["score"], s["judged_by"], s["citations"]) for s in judgement.sentences] == [
        (2, "model", [1]),
        (0, "rule", []),
        (0, "rule", [9]),
        (3, "rule", [1]),
    ]
    assert judgement.sentences[0]["text"] == "O dropout desliga metade dos neurônios."
    assert (judgement.score, judgement.ar, judgement.coverage) == (1.25, 1.25 / 3, (4, 4))
    assert judgement.verdict == "I"
    assert len(chat.asked) == 1


def test_a_sentence_that_cannot_be_read_leaves_the_others() -> None:
    judge, _ = scripted("?", "?", said(3))
    judgement = judged(judge, "groundedness", answer("Desliga metade [1]. Cai muito [2]."))
    assert (judgement.score, judgement.coverage, judgement.error) == (3, (1, 2), None)
    assert judgement.sentences[0]["error"] == "criteria appears 0 times, not once"
    judge, chat = scripted(said(3), ConnectionError("gone"))
    broken = judged(judge, "groundedness", answer("Desliga metade [1]. Cai muito [2]. Sobe [2]."))
    assert (broken.score, broken.cause, broken.coverage) == (None, "unreachable", (1, 3))
    assert len(chat.asked) == 1 + 3


def test_a_judgement_goes_to_its_line_and_comes_back() -> None:
    judge, _ = scripted("?", "?", said(3))
    for kind, record in (("ar", answer()), ("groundedness", answer("Desliga metade [1]. Cai muito [2]."))):
        judgement = judged(judge, kind, record)
        line = to_record(judgement)
        assert list(line)[:11] == [
            "topic_id", "kind", "ar", "score", "verdict", "criteria", "supporting_evidence", "judge",
            "prompt_sha256", "raw", "error",
        ]  # fmt: skip
        assert from_record(json.loads(json.dumps(line))) == judgement


@pytest.mark.parametrize(
    "wrong",
    [
        {"score": 4}, {"score": -1}, {"score": True}, {"score": "3"}, {"score": float("nan")}, {"score": None},
        {"kind": "x"}, {"topic_id": None}, {"judge": 3}, {"verdict": "D"}, {"error": "and a score"},
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_is_no_judgement(wrong: dict[str, Any]) -> None:
    line = to_record(judged(scripted(said(3))[0], "ar", answer()))
    with pytest.raises(ValueError):  # noqa: PT011 - what it says is shown by whoever reads the file
        from_record(line | wrong)


def openai_judge(url: str, settings: Settings, **patience: Any) -> Judge:
    update = {"spec": "openai:scripted", "base_url": url, "api_key": "x", "temperature": 0.9}
    llm = open_llm(settings.llm.model_copy(update=update))
    assert llm is not None
    return Judge(llm, patience=Patience(**{"tries": 2, "sleep": lambda _: None} | patience))


def test_a_server_is_sent_the_schema_reasons_first(settings: Settings) -> None:
    script = Script([said(2)])
    with scripted_server(script) as url:
        assert judged(openai_judge(url, settings), "ar", answer()).score == 2
    request = script.requests[0]
    schema = request["response_format"]["json_schema"]["schema"]
    assert list(schema["properties"]) == schema["required"] == ["criteria", "supporting_evidence", "score"]
    assert schema["properties"]["score"]["enum"] == [0, 1, 2, 3]
    assert request["temperature"] == 0
    assert "maxLength" not in json.dumps(schema)


def test_a_server_that_fails_is_a_cause(settings: Settings) -> None:
    script = Script(status=500)
    with scripted_server(script) as url:
        failed = judged(openai_judge(url, settings), "ar", answer())
    assert (failed.cause, failed.score) == ("unreachable", None)
    assert "on fire" in str(failed.error)
    gone = judged(openai_judge(url, settings), "ar", answer())
    assert (gone.cause, gone.score) == ("unreachable", None)


def test_a_server_that_knows_no_schema_is_asked_plainly(settings: Settings) -> None:
    class Plain(Script):
        @property
        def status(self) -> int:
            return 400 if "response_format" in self.requests[-1] else 200

        @status.setter
        def status(self, _: int) -> None:
            pass

    script = Plain(["Critérios: a\nEvidências: b\nNota: 1"])
    with scripted_server(script) as url:
        judge = openai_judge(url, settings)
        assert [judged(judge, "ar", answer()).score for _ in range(2)] == [1, 1]
    assert ["response_format" in request for request in script.requests] == [True, False, False]


def test_a_text_that_stops_at_the_limit_is_no_judgement(settings: Settings) -> None:
    with scripted_server(Script(['{"criteria": "a'], finish_reason="length")) as url:
        judgement = judged(openai_judge(url, settings), "ar", answer())
    assert (judgement.cause, judgement.score) == ("cut_off", None)


def test_a_small_model_judges_through_the_same_path(settings: Settings) -> None:
    """SmolLM2 under the schema: its scores are worth nothing, but they are scores with reasons."""
    llm = open_llm(settings.llm.model_copy(update={"model_file": resolve_llm("smollm2-135m")}))
    assert llm is not None
    topic = Topic("t1", "What does dropout do?", True, "It turns neurons off at random.")
    judgement = judged(Judge(llm), "ar", answer("It turns neurons off [1]."), topic)
    assert judgement.error is None, judgement
    assert judgement.score in (0, 1, 2, 3)
    assert judgement.criteria
    assert judgement.tokens[0] > 300


def test_where_a_choice_with_a_key_decides_no_judge_is_asked() -> None:
    judge, chat = scripted(said(3))
    choices = (Choice("um", correct=False), Choice("dois", correct=True))
    topic = Topic("m", "Quantos?", True, "dois", choices=choices)
    assert judge.judge("reference", {"topic_id": "m", "answer": "B) dois"}, topic) is None
    assert chat.asked == []


def test_a_sentence_may_cite_several_passages_in_one_bracket() -> None:
    judge, chat = scripted(said(3))
    judgement = judged(judge, "groundedness", answer("Desliga metade e a perda cai [1, 2]."))
    assert [(s["citations"], s["judged_by"]) for s in judgement.sentences] == [([1, 2], "model")]
    assert judgement.sentences[0]["text"] == "Desliga metade e a perda cai."
    assert "o lote é de oito" in shown(chat)
