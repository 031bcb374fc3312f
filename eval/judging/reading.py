"""A judge's text read strictly: the JSON that it was asked for, else three labelled parts; nothing is guessed.

What cannot be read is a `Fault` with its cause, never a score. ``Score: 0 to 3: 2`` is such a text: it names more
than one number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from corpus.language import say
from eval.judging.judgements import TOP_SCORE

PARTS = ("criteria", "supporting_evidence", "score")
_LABELS = {
    "criteria": r"criteria|criterion|crit[ée]rios?",
    "supporting_evidence": r"supporting[ _]evidence|evid[êe]ncias?(?:[ _]de[ _]apoio)?|justificativa",
    "score": r"score|nota|pontua[çc][ãa]o",
}
# A label begins a line or follows what came before it, as in "Criteria: … Supporting Evidence: … Score: 3".
_LABEL = re.compile(
    r"(?<!\S)[-*#>\s]*(?:" + "|".join(f"(?P<{name}>{labels})" for name, labels in _LABELS.items()) + r")\**\s*:\**",
    re.IGNORECASE,
)
_ONE_SCORE = re.compile(r"[\s*]*([0-3])[\s.*]*")


@dataclass(frozen=True, slots=True)
class Reading:
    """The three parts of a judgement; ``score`` is a whole number from 0 to 3."""

    criteria: str
    supporting_evidence: str
    score: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text is no judgement, to be told to the judge and to whoever reads the report."""

    pt: str
    en: str

    def __str__(self) -> str:
        return say(self.pt, self.en)


def read_judgement(text: str) -> Reading | Fault:
    r"""The judgement that a text spells.

    >>> read_judgement('{"criteria": "a", "supporting_evidence": "b", "score": 2}').score
    2
    >>> read_judgement("Criteria: a\nSupporting Evidence: b\nScore: 0 to 3: 2").en
    "the score is '0 to 3: 2', not one whole number from 0 to 3"
    """
    if not text.strip():
        return Fault("não escreveu nada", "nothing was written")
    objects = _objects(text)
    if objects == []:
        return _from_labels(text)
    if isinstance(objects, Fault):
        # Braces may be code that is quoted among labelled parts.
        labelled = _from_labels(text)
        return labelled if isinstance(labelled, Reading) else objects
    if len(objects) > 1:
        return Fault(f"há {len(objects)} objetos JSON, e não um", f"there are {len(objects)} JSON objects, not one")
    return _from_object(objects[0])


def _objects(text: str) -> list[dict[str, Any]] | Fault:
    """The objects of JSON in a text that have a part of a judgement, those inside others left out."""
    decoder = json.JSONDecoder(object_pairs_hook=_distinct)
    found: list[dict[str, Any]] = []
    place = text.find("{")
    while place >= 0:
        try:
            value, end = decoder.raw_decode(text, place)
        except _RepeatedKey as repeated:
            return Fault(f"o campo {repeated} aparece duas vezes", f"the key {repeated} appears twice")
        except (ValueError, RecursionError):
            return Fault("o JSON está incompleto ou errado", "the JSON is unfinished or wrong")
        if value.keys() & set(PARTS):
            found.append(value)
        place = text.find("{", end)
    return found


class _RepeatedKey(Exception):
    pass


def _distinct(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _RepeatedKey(next(key for number, (key, _) in enumerate(pairs) if key in dict(pairs[:number])))
    return found


def _from_object(record: dict[str, Any]) -> Reading | Fault:
    missing = [name for name in PARTS if name not in record]
    if missing:
        return Fault(f"falta {missing[0]} no JSON", f"{missing[0]} is missing in the JSON")
    score = record["score"]
    if isinstance(score, str) and (only := _ONE_SCORE.fullmatch(score)):
        score = int(only.group(1))
    if isinstance(score, bool) or not isinstance(score, int) or not 0 <= score <= TOP_SCORE:
        return _no_score(json.dumps(score, ensure_ascii=False))
    return _with_reasons(record["criteria"], record["supporting_evidence"], score)


def _from_labels(text: str) -> Reading | Fault:
    found = list(_LABEL.finditer(text))
    names = [str(match.lastgroup) for match in found]
    for name in PARTS:
        if names.count(name) != 1:
            n = names.count(name)
            return Fault(f"{name} aparece {n} vezes, e não uma", f"{name} appears {n} times, not once")
    if names != list(PARTS):
        return Fault("as partes não estão na ordem pedida", "the parts are not in the order asked for")
    ends = [*(match.start() for match in found[1:]), len(text)]
    criteria, evidence, score = (text[match.end() : end].strip() for match, end in zip(found, ends, strict=True))
    only = _ONE_SCORE.fullmatch(score)
    return _with_reasons(criteria, evidence, int(only.group(1))) if only else _no_score(repr(score[:60]))


def _with_reasons(criteria: object, evidence: object, score: int) -> Reading | Fault:
    for name, reason in (("criteria", criteria), ("supporting_evidence", evidence)):
        if not isinstance(reason, str) or not reason.strip(" *_\n"):
            return Fault(f"{name} está sem texto", f"{name} has no text")
    return Reading(" ".join(str(criteria).split()), " ".join(str(evidence).split()), score)


def _no_score(shown: str) -> Fault:
    return Fault(
        f"a nota é {shown[:60]}, e não um só inteiro de 0 a 3",
        f"the score is {shown[:60]}, not one whole number from 0 to 3",
    )
