"""Questions in, cited answers out. Imports `corpus`; nothing of `eval` or `interfaces`.

The public names are loaded when they are first used, so that `import rag` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.config import Settings, load_settings
    from rag.errors import MonitoriaError
    from rag.events import AnswerReady, HitsFound, QuestionUnderstood, QuotesChosen, SentenceChecked, TextWritten
    from rag.index import Filters
    from rag.pipeline import Monitoria
    from rag.records import Answer, Hit, Reference, Turn
    from rag.retriever import CourseRetriever

__all__ = [
    "Answer",
    "AnswerReady",
    "CourseRetriever",
    "Filters",
    "Hit",
    "HitsFound",
    "Monitoria",
    "MonitoriaError",
    "QuestionUnderstood",
    "QuotesChosen",
    "Reference",
    "SentenceChecked",
    "Settings",
    "TextWritten",
    "Turn",
    "load_settings",
]

_HOMES = {
    "Answer": "rag.records",
    "AnswerReady": "rag.events",
    "CourseRetriever": "rag.retriever",
    "Filters": "rag.index",
    "Hit": "rag.records",
    "HitsFound": "rag.events",
    "Monitoria": "rag.pipeline",
    "MonitoriaError": "rag.errors",
    "QuestionUnderstood": "rag.events",
    "QuotesChosen": "rag.events",
    "Reference": "rag.records",
    "SentenceChecked": "rag.events",
    "Settings": "rag.config",
    "TextWritten": "rag.events",
    "Turn": "rag.records",
    "load_settings": "rag.config",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name not in _HOMES:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
