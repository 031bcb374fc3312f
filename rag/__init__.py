"""Questions in, cited answers out. Imports `corpus`; nothing of `eval` or `interfaces`."""

from __future__ import annotations

from rag.config import Settings, load_settings
from rag.errors import MonitoriaError
from rag.index import Filters
from rag.pipeline import AnswerReady, HitsFound, Monitoria, TextWritten
from rag.records import Answer, Hit, Reference
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
    "Reference",
    "Settings",
    "TextWritten",
    "load_settings",
]
