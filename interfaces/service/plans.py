"""What an evaluation run was asked to be, kept in its folder beside what it makes, so that any process can resume it.

A run's folder holds what the command line makes (``topics.jsonl``, ``answers.jsonl``, ``judgements.jsonl``,
``judging.json``, ``annotations.jsonl``, the reports), and ``run.json``.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import get_args

from corpus.errors import UsageError
from corpus.language import Language
from eval.judging.judgements import KINDS, Kind, VerdictRule
from eval.lines import json_object, write_lines
from interfaces.history.records import EvaluationRun
from rag.config import Settings

USUAL_RULE = VerdictRule()
RUNS, PLAN, TOPICS, ANSWERS = "runs", "run.json", "topics.jsonl", "answers.jsonl"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run answers and judges.

    Attributes:
        name: of the topics, as whoever started the run knows them.
        llm: SPEC of who answers; empty for the course's own.
        judge: SPEC of who judges.
        judge_at_server: the judge is asked at the settings' own server (``llm.base_url``), else at its provider's.
        repeat: how many times the judge is asked in all, to learn how far it agrees with itself.
        correct_from: the least score of C (`eval.judging.judgements.VerdictRule`).
        partial_from: the least score of P.
        reasoned: the embedded judge, too, writes reasons before its score of the reference kind.
        language: in which faults are worded.
        annotators: whose annotations the app wrote into the folder last; what others put there stays.
    """

    name: str
    kinds: tuple[Kind, ...] = KINDS
    judge: str = "embedded"
    judge_at_server: bool = False
    llm: str = ""
    language: Language = "pt"
    annotators: tuple[str, ...] = ()
    repeat: int = 1
    correct_from: float = USUAL_RULE.correct_from
    partial_from: float = USUAL_RULE.partial_from
    reasoned: bool = False

    @property
    def rule(self) -> VerdictRule:
        """Which verdict a score means.

        Raises:
            UsageError: its scores mean nothing.
        """
        return VerdictRule(self.correct_from, self.partial_from)


def runs_root(settings: Settings) -> Path:
    """Where the folders of all runs lie, and files of topics for everybody."""
    return settings.app.folder / RUNS


def folder_of(settings: Settings, run: EvaluationRun) -> Path:
    """Where a run keeps its files."""
    return settings.app.folder / run.folder


def write_plan(folder: Path, plan: Plan) -> None:
    """Keep the plan in the run's folder."""
    write_lines(folder / PLAN, [json.dumps(asdict(plan), ensure_ascii=False)])


def read_plan(folder: Path) -> Plan:
    """The plan that a run's folder holds.

    Raises:
        UsageError: it is gone or is none.
    """
    path = folder / PLAN
    try:
        record = json_object(path.read_text(encoding="utf-8")) or {}
        plan = Plan(**record)
        kinds = tuple(kind for kind in get_args(Kind) if kind in plan.kinds)
        if not kinds:
            raise ValueError("kinds")
        times = record.get("repeat", 1)
        if not isinstance(times, int) or times < 1:
            raise ValueError("repeat")
        _ = plan.rule  # refuses scores that mean nothing
        return replace(plan, kinds=kinds, annotators=tuple(plan.annotators))
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            pt=f"a pasta desta avaliação não tem {PLAN} legível ({type(error).__name__}); comece outra",
            en=f"this evaluation's folder has no readable {PLAN} ({type(error).__name__}); start another",
        ) from error
