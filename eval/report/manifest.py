"""What was run, with what: enough to run it again. Times and tokens are those that the records hold."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from corpus.language import how_many, say
from eval.judging.judgements import RULE
from eval.report.document import Block, Lines, Note, Section
from eval.report.figures import short
from eval.report.gathered import Gathered
from eval.report.question import is_quotes
from eval.report.wording import NOTHING, counted, verdict_source

_SEED = 7  # of every bootstrap and permutation


def manifest_section(gathered: Gathered) -> Section:
    """The first section: index, encoder, models, prompts, rule, time and tokens, and what the reader must know."""
    records = [entry.record for entry in gathered.entries if entry.record is not None]
    judged = [one for entry in gathered.entries for one in entry.judgements.values()]
    by_model = [one for one in judged if one.judge != RULE]
    pairs = [
        (say("perguntas", "topics"), f"{len(gathered.entries)} ({_source(gathered, 'topics')})"),
        (say("respostas", "answers"), f"{len(records)} ({_source(gathered, 'answers')})"),
        (say("geração do índice", "index generation"), _all(record.get("index_generation") for record in records)),
        ("encoder", _all(_encoder(record) for record in records)),
        (say("modo de busca", "search mode"), _all(_searched(record) for record in records)),
        ("LLM", _all(record.get("llm") for record in records)),
        (
            say("prompts do LLM (sha256)", "the LLM's prompts (sha256)"),
            _all(_short(r.get("prompt_sha256")) for r in records),
        ),
        (say("ajustes fora do padrão", "settings beside the defaults"), _all(map(_settings, records))),
        (say("versão", "version"), _all(_made_by(record).get("version") for record in records)),
        (say("juiz", "judge"), gathered.judge),
        (say("rubricas (sha256)", "rubrics (sha256)"), _rubrics(gathered)),
        (say("vereditos do juiz", "the judge's verdicts"), _rule(gathered)),
        (say("semente", "seed"), str(_SEED)),
        (say("tempo das respostas", "time of the answers"), _seconds(_total(r) for r in records)),
        (say("tempo do juiz", "the judge's time"), _seconds(one.judge_ms for one in judged)),
        (
            say("tokens do juiz (lidos, escritos)", "the judge's tokens (read, written)"),
            f"{sum(one.tokens[0] for one in by_model)}, {sum(one.tokens[1] for one in by_model)}",
        ),
    ]
    return Section(say("O que foi rodado", "What was run"), (Lines(tuple(pairs)), *_warnings(gathered)))


def _warnings(gathered: Gathered) -> list[Block]:
    notes: list[Block] = []
    for kind in gathered.kinds:
        failed: Counter[str] = Counter(
            one.cause or "?"
            for entry in gathered.entries
            if (one := entry.judgements.get(kind)) is not None and one.score is None
        )
        if failed:
            told, n = counted(failed), sum(failed.values())
            notes.append(
                Note(
                    say(
                        f"{verdict_source(kind)}: {how_many(n, 'resposta', 'respostas')} sem nota ({told}); as médias "
                        "são sobre as demais, e a cobertura diz quantas.",
                        f"{verdict_source(kind)}: {how_many(n, 'answer has', 'answers have')} no score ({told}); the "
                        "means are over the others, and the coverage says how many.",
                    )
                )
            )
    records = [entry.record for entry in gathered.entries if entry.record is not None]
    quoted, broken = sum(map(is_quotes, records)), sum(bool(record.get("error")) for record in records)
    if quoted:
        notes.append(
            Note(
                say(
                    f"{quoted} de {how_many(len(records), 'resposta', 'respostas')}: só trechos citados das aulas, que "
                    "nenhum LLM escreveu.",
                    f"{quoted} of {how_many(len(records), 'answer', 'answers')}: passages quoted from the lectures "
                    "alone, which no LLM wrote.",
                )
            )
        )
    if broken:
        told_pt, told_en = how_many(broken, "resposta", "respostas"), how_many(broken, "answer", "answers")
        notes.append(Note(say(f"Em {told_pt} o modelo falhou.", f"The model failed in {told_en}.")))
    if gathered.stale:
        notes.append(
            Note(
                say(
                    f"Sem contar: {how_many(gathered.stale, 'julgamento', 'julgamentos')} de respostas que mudaram "
                    "depois; julgue de novo.",
                    f"Left out: {how_many(gathered.stale, 'judgement', 'judgements')} of answers that changed since; "
                    "judge again.",
                )
            )
        )
    if gathered.others:
        notes.append(
            Note(
                say(
                    f"Sem contar: {how_many(gathered.others, 'anotação', 'anotações')} de outras respostas.",
                    f"Left out: {how_many(gathered.others, 'annotation', 'annotations')} of other answers.",
                )
            )
        )
    return notes


def _source(gathered: Gathered, name: str) -> str:
    source = gathered.sources[name]
    return f"{source['path'].rpartition('/')[2]}, sha256 {_short(source.get('sha256'))}"


def _encoder(record: Mapping[str, Any]) -> str | None:
    encoder = _made_by(record).get("encoder")
    if not isinstance(encoder, Mapping):
        return None
    told = [str(encoder[key]) for key in ("name", "source", "runtime") if encoder.get(key)]
    return ", ".join([*told, f"sha256 {_short(encoder.get('sha256'))}"])


def _made_by(record: Mapping[str, Any]) -> Mapping[str, Any]:
    found = record.get("made_by")
    return found if isinstance(found, Mapping) else {}


def _settings(record: Mapping[str, Any]) -> str | None:
    made_by = _made_by(record)
    return json.dumps(made_by["settings"], ensure_ascii=False, sort_keys=True) if "settings" in made_by else None


def _searched(record: Mapping[str, Any]) -> str | None:
    stages = {name for hit in record.get("hits") or () for name in hit.get("stages") or ()}
    return None if not stages else ", ".join(sorted(stages))


def _all(values: Iterable[Any]) -> str:
    """Every value that occurs, the most frequent first, with its count where there are several."""
    counted = Counter(str(value) for value in values if value is not None)
    if not counted:
        return NOTHING
    if len(counted) == 1:
        return next(iter(counted))
    return "; ".join(f"{value} ({n})" for value, n in sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def _short(sha256: object) -> str | None:
    return str(sha256)[:12] if sha256 else None


def _rubrics(gathered: Gathered) -> str:
    return ", ".join(
        f"{name} {_short(sha256)}"
        for name, sha256 in sorted(gathered.rubrics.items())
        if name.partition(".")[0] in gathered.kinds
    )


def _rule(gathered: Gathered) -> str:
    c, p = short(gathered.rule.correct_from), short(gathered.rule.partial_from)
    return say(
        f"C com nota ≥ {c}, P com nota ≥ {p}, senão I (nota de 0 a 3)",
        f"C from score {c}, P from score {p}, else I (scores 0 to 3)",
    )


def _total(record: Mapping[str, Any]) -> float:
    return float((record.get("timings_ms") or {}).get("total") or 0.0)


def _seconds(times_ms: Iterable[float]) -> str:
    return f"{sum(times_ms) / 1000.0:.0f} s"
