"""Two runs compared question by question: judged folders, or runs of hits with their topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from eval.measures import score_run
from eval.report.gathered import gather
from eval.report.scores import by_measure, place_of, score_all
from eval.runs import read_run
from eval.significance import Comparison, compare
from eval.topics import Topic
from rag.errors import UsageError

Scores = Mapping[str, Mapping[str, float]]


def compare_runs(first: Path, second: Path, topics: Sequence[Topic] | None = None) -> list[Comparison]:
    """Paired differences of every measure that both have, in the report's order, corrected for how many there are.

    ``first`` and ``second`` are folders that ``monitoria eval judge`` wrote, or files of hits, which need the
    ``topics`` that they are measured against; both of one sort.

    Raises:
        UsageError: they are not of one sort, a file of hits came without topics, or nothing can be compared.
    """
    if first.is_dir() != second.is_dir():
        raise UsageError(
            pt=f"{first} e {second} não são da mesma espécie; dê duas pastas de julgamentos ou dois arquivos de buscas",
            en=f"{first} and {second} are not of one sort; give two folders of judgements or two run files",
        )
    found = compare(_scores(first, topics), _scores(second, topics))
    if not found:
        raise UsageError(
            pt=f"{first} e {second} não têm nenhuma pergunta em comum com a mesma medida; confira os arquivos",
            en=f"{first} and {second} have no question in common with the same measure; check the files",
        )
    return sorted(found, key=lambda one: place_of(one.measure))


def _scores(path: Path, topics: Sequence[Topic] | None) -> Scores:
    if path.is_dir():
        return by_measure(score_all(gather(path)))
    if topics is None:
        raise UsageError(
            pt=f"{path} é um arquivo de buscas; diga com --topics as perguntas que ele responde",
            en=f"{path} is a run file; name the topics that it is about with --topics",
        )
    return by_measure(score_run(read_run(path), topics))
