"""A judge: a chat model with a rubric, its verdict read strictly, every failure recorded with its cause.

A text that is no judgement is answered once with the fault named; what is then still unreadable has no score. Nothing
is ever taken for 0 that is not a 0.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from corpus.language import Language, say
from eval.judging.asking import Asker, Patience, Reply, Silence, patiently
from eval.judging.cases import Case, Part, case_of
from eval.judging.judgements import NOT_HEARD, RULE, TOP_SCORE, Cause, Judgement, Kind, VerdictRule
from eval.judging.reading import Fault, Reading, read_judgement
from eval.judging.weighing import Compared, reading_of, weigh
from eval.topics import Topic
from rag.llm import LLM
from rag.prompts import Prompt

_AT_ONCE = 4
_PASSAGE_WORDS = {"small": 160, "large": 600}


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What came of one part: a reading, or why there is none."""

    reading: Reading | None
    raw: str | None = None
    cause: Cause | None = None
    error: str | None = None
    tokens: tuple[int, int] = (0, 0)


class Judge:
    """Judges answers by asking a chat model. Safe to use from several threads.

    Args:
        llm: the model that judges.
        rule: which verdict a score means.
        patience: how long it is waited for, how often it is asked again.
        at_once: how many judgements it takes at a time; by default 1 of the embedded model, 4 of others.
        weighs: of the reference kind, whether odds and words are weighed instead of reasons written
            (`eval.judging.weighing`); by default where the model is the embedded one.
    """

    def __init__(
        self,
        llm: LLM,
        *,
        rule: VerdictRule | None = None,
        patience: Patience | None = None,
        at_once: int | None = None,
        weighs: bool | None = None,
    ) -> None:
        self.name = llm.name
        self.weighs = llm.takes_grammar and llm.size == "small" if weighs is None else weighs
        # llama.cpp in this process answers one at a time.
        self.at_once = at_once or (1 if llm.takes_grammar else _AT_ONCE)
        self.rule = rule or VerdictRule()
        self._passage_words = _PASSAGE_WORDS[llm.size]
        self._llm = llm
        self._patience = patience or Patience()
        self._asker = Asker(llm, self._patience)

    def judge(self, kind: Kind, record: Mapping[str, Any], topic: Topic) -> Judgement | None:
        """The judgement of an answer (a line of a file of answers); ``None`` where `case_of` has none."""
        case = self.case(kind, record, topic)
        return None if case is None else self.decide(case)

    def case(self, kind: Kind, record: Mapping[str, Any], topic: Topic) -> Case | None:
        """What this judge would be shown, without asking it."""
        return case_of(kind, record, topic, self._passage_words, weighs=self.weighs)

    def decide(self, case: Case) -> Judgement:
        """The judgement of a case. Raises nothing of the model's: a failure is recorded in it."""
        started = time.perf_counter()
        opinions: list[_Opinion] = []
        for part in case.parts:
            opinions.append(self._opinion(part, case.language))
            if opinions[-1].cause in NOT_HEARD:
                break  # the judge is not there: the other sentences will be asked when it is
        judgement = _together(case, opinions)
        return replace(
            judgement.under(self.rule),
            judge=self.name if case.prompt_sha256 else RULE,
            prompt_sha256=case.prompt_sha256,
            key=case.key(self.name),
            tokens=(sum(o.tokens[0] for o in opinions), sum(o.tokens[1] for o in opinions)),
            judge_ms=(time.perf_counter() - started) * 1000.0,
        )

    def _opinion(self, part: Part, language: Language) -> _Opinion:
        if part.prompt is None:
            return _Opinion(part.ruling)
        if part.compared is not None:
            return self._weighed(part.prompt, part.compared)
        reply = self._asker.ask(part.prompt)
        first = _understood(reply)
        if first.cause not in ("unreadable", "cut_off") or not isinstance(reply, Reply):
            return first
        said = (("assistant", reply.text or "-"), ("user", _once_more(first.error or "", language)))
        second = _understood(self._asker.ask(part.prompt, after=said))
        return replace(
            second,
            raw="\n---\n".join(text for text in (first.raw, second.raw) if text is not None),
            tokens=(first.tokens[0] + second.tokens[0], first.tokens[1] + second.tokens[1]),
        )

    def _weighed(self, prompt: Prompt, compared: Compared) -> _Opinion:
        found = patiently(lambda: weigh(self._llm, prompt, compared, self._patience.timeout_s), self._patience)
        if isinstance(found, Silence):
            return _Opinion(None, None, found.cause, found.error)
        told = {name: round(share, 4) for name, share in zip(("I", "P", "C"), found.odds, strict=True)}
        return _Opinion(reading_of(found, compared), json.dumps(told))


def _understood(reply: Reply | Silence) -> _Opinion:
    if isinstance(reply, Silence):
        return _Opinion(None, None, reply.cause, reply.error)
    read = read_judgement(reply.text)
    if isinstance(read, Reading):
        return _Opinion(read, reply.text, tokens=reply.tokens)
    cause: Cause = "cut_off" if reply.cut_off else "unreadable"
    fault = _CUT_OFF if reply.cut_off else read
    return _Opinion(None, reply.text, cause, str(fault), reply.tokens)


_CUT_OFF = Fault("o texto parou no limite de tokens", "the text stopped at the limit of tokens")


def _once_more(fault: str, language: Language) -> str:
    if language == "pt":
        return (
            f"Isso não pôde ser lido: {fault}. Escreva de novo, só o objeto JSON: criteria, supporting_evidence, score."
        )
    return (
        f"This could not be read: {fault}. Write it again, the JSON object alone: criteria, supporting_evidence, score."
    )


def _together(case: Case, opinions: list[_Opinion]) -> Judgement:
    """One judgement of the opinions on a case's parts; its score is the mean of theirs."""
    scores = [opinion.reading.score for opinion in opinions if opinion.reading is not None]
    silent = next((o for o in opinions if o.cause in NOT_HEARD), None)
    missing = silent or next((o for o in opinions if o.reading is None), None)
    raw = "\n---\n".join(opinion.raw for opinion in opinions if opinion.raw is not None)
    judgement = Judgement(
        topic_id=case.topic_id,
        kind=case.kind,
        judge="",
        raw=raw or None,
        answer_sha256=case.answer_sha256,
        coverage=(len(scores), len(case.parts)),
        sentences=_sentences(case, opinions) if case.kind == "groundedness" else (),
    )
    if missing is not None and (silent is not None or not scores):
        return replace(judgement, error=missing.error, cause=missing.cause)
    criteria, evidence = _reasons(case, opinions)
    score: float = scores[0] if len(case.parts) == 1 else sum(scores) / len(scores)
    return replace(judgement, score=score, ar=score / TOP_SCORE, criteria=criteria, supporting_evidence=evidence)


def _reasons(case: Case, opinions: list[_Opinion]) -> tuple[str, str]:
    readings = [opinion.reading for opinion in opinions if opinion.reading is not None]
    if case.kind != "groundedness":
        return readings[0].criteria, readings[0].supporting_evidence
    evidence = [
        f"“{part.text}” ({opinion.reading.score}): {opinion.reading.supporting_evidence}"
        for part, opinion in zip(case.parts, opinions, strict=False)
        if opinion.reading is not None
    ]
    criteria = say("Os trechos citados sustentam cada frase?", "Do the cited passages support each sentence?")
    return criteria, " ".join(evidence)


def _sentences(case: Case, opinions: list[_Opinion]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "text": part.text,
            "citations": list(part.citations),
            "score": None if opinion.reading is None else opinion.reading.score,
            "supporting_evidence": None if opinion.reading is None else opinion.reading.supporting_evidence,
            "judged_by": RULE if part.prompt is None else "model",
            "error": opinion.error,
        }
        for part, opinion in zip(case.parts, opinions, strict=False)
    )
