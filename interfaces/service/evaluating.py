"""What a researcher does with evaluation runs: start one over a file of questions, watch it, stop it, go on with it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from uuid import uuid4

from corpus.errors import MonitoriaError
from corpus.language import interface_language
from eval.judging.judgements import KINDS
from eval.judging.recorded import MANIFEST
from eval.lines import write_lines
from eval.topics import Topic, read_topics
from interfaces.access import AccessDenied, need
from interfaces.history import runs as kept
from interfaces.history.records import EvaluationRun, Person
from interfaces.service.desk import Desk
from interfaces.service.evaluations import Progress, no_judge
from interfaces.service.judged import judgements_made
from interfaces.service.membership import need_course, need_member, run_of
from interfaces.service.plans import ANSWERS, PLAN, TOPICS, Plan, folder_of, read_plan, runs_root, write_plan
from rag.errors import UsageError

__all__ = [
    "LARGEST_FILE_MB",
    "LEAST_SCORES",
    "MOST_TIMES",
    "Questions",
    "Standing",
    "cancel",
    "delete",
    "evaluation",
    "evaluations",
    "questions_from_run",
    "questions_from_server",
    "questions_from_upload",
    "resume",
    "server_files",
    "start",
]

LARGEST_FILE_MB = 20
MOST_TIMES = 10
# From which C and P may be counted; scores are whole, means over sentences are not.
LEAST_SCORES = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
_DEAD_AFTER_S = 20.0
_STOPS_SOON_S, _STOPS_WITHIN_S = 3.0, 10.0


@dataclass(frozen=True, slots=True)
class Questions:
    """Questions as they were found: by which name, and which."""

    name: str
    topics: tuple[Topic, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A run as it stands.

    Attributes:
        plan: ``None`` where its folder is gone.
        progress: ``None`` where it does not go on in this process.
        judged: whether it is over, and a report can be made of what is there.
        judgements: where it ended early, how many judgements are made, of how many for the answers that are there;
            ``None`` where that is not known.
    """

    run: EvaluationRun
    plan: Plan | None
    progress: Progress | None
    judged: bool = False
    judgements: tuple[int, int] | None = None

    @property
    def answered(self) -> bool:
        """Whether its answers will not change any more, unless it is resumed."""
        return self.run.ended or (self.run.done >= self.run.of and self.run.of > 0)


def questions_from_upload(desk: Desk, person: Person, name: str, content: bytes) -> Questions:
    """The questions of a file that was sent; its name's ending says of what kind it is.

    Raises:
        UsageError: nothing in it is a question, or it is too large; names the place in it.
    """
    need(person, "evaluate")
    name = PurePath(name.replace("\\", "/")).name or "topics.jsonl"
    if len(content) > LARGEST_FILE_MB * 2**20:
        raise UsageError(
            pt=f"{name} passa de {LARGEST_FILE_MB} MB; envie um arquivo menor",
            en=f"{name} is larger than {LARGEST_FILE_MB} MB; send a smaller file",
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return _read(name, path, Path(folder))


def server_files(desk: Desk, person: Person) -> list[str]:
    """Files and folders of questions that an operator put beside the runs."""
    need(person, "evaluate")
    root = runs_root(desk.settings)
    if not root.is_dir():
        return []
    return sorted(
        path.name for path in root.iterdir() if not path.name.startswith(".") and not (path / TOPICS).exists()
    )


def questions_from_server(desk: Desk, person: Person, name: str) -> Questions:
    """The questions of one of `server_files`.

    Raises:
        UsageError: there is none of that name, or nothing in it is a question.
    """
    if name not in server_files(desk, person):
        raise UsageError(
            pt=f"não há {name!r:.80} em {runs_root(desk.settings)}; escolha um dos que estão lá",
            en=f"there is no {name!r:.80} in {runs_root(desk.settings)}; choose one of those that are there",
        )
    root = runs_root(desk.settings)
    return _read(name, root / name, root)


def questions_from_run(desk: Desk, person: Person, run_id: str) -> Questions:
    """The questions of an earlier run, so that the two can be compared."""
    standing = evaluation(desk, person, run_id)
    folder = folder_of(desk.settings, standing.run)
    return _read(standing.plan.name if standing.plan else TOPICS, folder / TOPICS, folder)


def start(
    desk: Desk, person: Person, course: str, questions: Questions, plan: Plan, most: int | None = None
) -> EvaluationRun:
    """Begin a run over at most ``most`` of the questions, taken from all over the file; returns at once.

    Raises:
        UsageError: no such course, a course that cannot be opened, or a plan that means nothing.
    """
    need(person, "evaluate")
    found = need_course(desk, person, course)
    if found.fault is not None:
        raise found.fault
    if plan.judge.strip() in ("", "none"):
        raise no_judge()
    if not plan.kinds:
        raise UsageError(
            pt=f"nada foi escolhido para julgar; escolha entre {', '.join(KINDS)}",
            en=f"nothing was chosen to judge; choose among {', '.join(KINDS)}",
        )
    if not 1 <= plan.repeat <= MOST_TIMES:
        raise UsageError(
            pt=f"o juiz seria perguntado {plan.repeat} vezes; escolha de 1 a {MOST_TIMES}",
            en=f"the judge would be asked {plan.repeat} times; choose 1 to {MOST_TIMES}",
        )
    _ = plan.rule  # scores that mean nothing are refused here and now, not by a thread
    topics = _spread(questions.topics, most)
    run_id = uuid4().hex
    folder = runs_root(desk.settings) / run_id
    plan = replace(plan, name=questions.name, judge=plan.judge.strip(), llm=plan.llm.strip())
    plan = replace(plan, language=interface_language())
    write_lines(folder / TOPICS, [json.dumps(dict(topic.record), ensure_ascii=False) for topic in topics])
    write_plan(folder, plan)
    relative = folder.relative_to(desk.settings.app.folder).as_posix()
    run = kept.start_run(desk.history, person.person_id, course, relative, len(topics), run_id)
    desk.evaluations.start(desk, run, folder, plan)
    return run


def evaluations(desk: Desk, person: Person, course: str) -> list[Standing]:
    """The runs of a course, the newest first; one that a dead process left says so."""
    need(person, "evaluate")
    need_member(desk, person, course)
    found = kept.runs_of(desk.history, course)
    if any(_elsewhere(desk, run) for run in found) and kept.fail_abandoned_runs(desk.history, _DEAD_AFTER_S):
        found = kept.runs_of(desk.history, course)
    return [_standing(desk, run) for run in found]


def evaluation(desk: Desk, person: Person, run_id: str) -> Standing:
    """One run.

    Raises:
        NotKept: there is none of that id.
    """
    need(person, "evaluate")
    run = run_of(desk, person, run_id)
    if _elsewhere(desk, run) and run_id in kept.fail_abandoned_runs(desk.history, _DEAD_AFTER_S):
        run = kept.run(desk.history, run_id)
    return _standing(desk, run)


def cancel(desk: Desk, person: Person, run_id: str) -> None:
    """Stop a run; what it made stays, and it can be resumed."""
    need(person, "evaluate")
    run_of(desk, person, run_id)
    desk.evaluations.cancel(desk, run_id)
    # What it says of itself in the end counts all that is done.
    desk.evaluations.wait(run_id, _STOPS_SOON_S)
    # Where another process does it, it reads this within a second or an answer's time.
    kept.set_run(desk.history, run_id, "cancelled")


def resume(desk: Desk, person: Person, run_id: str) -> EvaluationRun:
    """Go on with a run that was cancelled or failed; what is there is not asked again.

    Raises:
        UsageError: its folder is gone, or it has only just been stopped.
    """
    standing = evaluation(desk, person, run_id)
    folder = folder_of(desk.settings, standing.run)
    plan = replace(read_plan(folder), language=interface_language())
    read_topics(folder / TOPICS)
    if standing.run.state not in ("cancelled", "failed"):
        return standing.run
    if not desk.evaluations.wait(run_id, _STOPS_WITHIN_S):
        raise UsageError(
            pt="esta avaliação ainda está parando; tente de novo em instantes",
            en="this evaluation is still stopping; try again in a moment",
        )
    run = kept.resume_run(desk.history, run_id)
    desk.evaluations.start(desk, run, folder, plan)
    return run


def delete(desk: Desk, person: Person, run_id: str) -> None:
    """Delete a run of one's own, or as an admin anybody's, with its files and everybody's annotations of it.

    Raises:
        AccessDenied: it is somebody else's.
    """
    standing = evaluation(desk, person, run_id)
    if standing.run.person_id != person.person_id and "admin" not in person.roles:
        raise AccessDenied(
            pt=f"esta avaliação não foi começada por {person.login}; peça a quem a começou, ou à administração",
            en=f"{person.login} did not start this evaluation; ask whoever did, or an admin",
        )
    if not standing.run.ended:
        cancel(desk, person, run_id)
    desk.evaluations.wait(run_id, _STOPS_WITHIN_S)
    folder = folder_of(desk.settings, standing.run).resolve()
    kept.delete_run(desk.history, run_id)
    if folder.parent == runs_root(desk.settings).resolve():
        shutil.rmtree(folder, ignore_errors=True)


def _elsewhere(desk: Desk, run: EvaluationRun) -> bool:
    return not run.ended and desk.evaluations.progress(run.run_id) is None


def _standing(desk: Desk, run: EvaluationRun) -> Standing:
    folder = folder_of(desk.settings, run)
    try:
        plan = read_plan(folder) if (folder / PLAN).exists() else None
    except UsageError:
        plan = None
    early = plan is not None and run.state in ("cancelled", "failed") and (folder / ANSWERS).exists()
    return Standing(
        run,
        plan,
        desk.evaluations.progress(run.run_id),
        run.ended and (folder / MANIFEST).exists(),
        judgements_made(folder, plan) if early and plan is not None else None,
    )


def _spread(topics: Sequence[Topic], most: int | None) -> list[Topic]:
    """So many, evenly from the whole file: a file is often sorted by lecture."""
    n = len(topics) if most is None else max(1, min(most, len(topics)))
    return [topics[place * len(topics) // n] for place in range(n)]


def _read(name: str, path: Path, root: Path) -> Questions:
    """The questions there; a fault names the place below ``root``, which is nobody's business."""
    try:
        return Questions(name, tuple(read_topics(path)))
    except MonitoriaError as error:
        inside = f"{root}/"
        raise UsageError(pt=error.pt.replace(inside, ""), en=error.en.replace(inside, "")) from error
