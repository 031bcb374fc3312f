"""A course that answers: find, quote, let a model write, check what it wrote.

Passages and quotes come first and stay, whatever the model does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

from corpus.language import detect_language, say
from rag.abstention import declines
from rag.choosing import READS, Chosen, choose
from rag.citations import CitationChecker
from rag.config import ProfileSettings, Settings, load_settings
from rag.encoder import Encoder
from rag.errors import GenerationFailed, ModelUnavailable, MonitoriaError, UsageError
from rag.events import AnswerReady, Event, HitsFound, QuestionUnderstood, QuotesChosen
from rag.evidence import Evidence, evidence
from rag.followups import Understood, understand
from rag.generations import read_manifest
from rag.index import CourseIndex, Filters, open_encoder_for
from rag.llm import LLM, ModelOnDemand, wrap_llm
from rag.models import Progress
from rag.odds import answering_odds
from rag.quotes import Quote, choose_quotes
from rag.records import Answer, Hit, Mode, Timings, Turn
from rag.rerank import open_reranking
from rag.retriever import CourseRetriever, SegmentRetriever
from rag.rewriting import Expander, subject_of
from rag.writing import Means, Outcome, Task, abstention, ms_since, quoted, shown_quotes, write


class Monitoria:
    """A course opened for questions.

    >>> course = Monitoria.open("INDEX")                # doctest: +SKIP
    >>> course.ask("O que é dropout?").references       # doctest: +SKIP
    """

    def __init__(self, retriever: SegmentRetriever, settings: Settings, model: ModelOnDemand | None = None) -> None:
        """Put the parts together; `open` does it from a folder."""
        self._segments = retriever
        self.settings = settings
        self._model = model or ModelOnDemand(settings.llm)
        self._checker = CitationChecker(retriever)

    @classmethod
    def open(
        cls,
        index: str | Path,
        *,
        llm: str | BaseChatModel | None = None,
        settings: Settings | None = None,
        encoder: Encoder | None = None,
    ) -> Monitoria:
        """Open an index. ``llm`` is a SPEC (``embedded``, ``none``, ``openai:NAME``…) or a LangChain chat model.

        Raises:
            IndexProblem: no index there, or one that cannot be used; the message has the command that mends it.
            ModelUnavailable: the encoder's weights cannot be had.
        """
        settings = settings or load_settings()
        if llm is not None and not isinstance(llm, str | BaseChatModel):
            raise UsageError(
                pt=f"llm é {type(llm).__name__}; dê um SPEC como 'none', ou um modelo de chat do LangChain",
                en=f"llm is a {type(llm).__name__}; give a SPEC such as 'none', or a LangChain chat model",
            )
        if isinstance(llm, str):
            settings = settings.model_copy(update={"llm": settings.llm.model_copy(update={"spec": llm})})
        path = Path(index)
        encoder = encoder or open_encoder_for(read_manifest(path)[1], settings.encoder)
        opened = CourseIndex(path, device=settings.retrieval.device)
        model = ModelOnDemand(
            settings.llm, None if llm is None or isinstance(llm, str) else wrap_llm(llm, settings.llm)
        )
        kind = settings.retrieval.expansion
        retriever = SegmentRetriever(
            opened,
            encoder,
            settings.retrieval,
            expander=None
            if kind == "none"
            else Expander(kind, model.open, subject=subject_of(opened.lectures.values())),
            reranking=open_reranking(settings.rerank, model.open),
        )
        return cls(retriever, settings, model)

    @property
    def on_progress(self) -> Progress | None:
        """Told how far the model's weights have been fetched."""
        return self._model.on_progress

    @on_progress.setter
    def on_progress(self, progress: Progress | None) -> None:
        self._model.on_progress = progress

    @property
    def on_fault(self) -> Callable[[MonitoriaError], None]:
        """Told what went wrong with a model that helps finding; the search goes on without it."""
        return self._segments.on_fault

    @on_fault.setter
    def on_fault(self, listener: Callable[[MonitoriaError], None]) -> None:
        self._segments.on_fault = listener

    def warm_up(self, progress: Progress | None = None) -> None:
        """Open the model now, which the first question would else wait for; ``progress`` is told of weights fetched.

        Raises:
            UsageError, MissingExtra, ModelUnavailable, GenerationFailed: as the first question would tell.
        """
        if progress is not None:
            self.on_progress = progress
        self._model.open()

    @property
    def index(self) -> CourseIndex:
        """The opened index."""
        return self._segments.index

    @property
    def made_by(self) -> dict[str, Any]:
        """What answers are made with, for whoever must make them again: version, encoder, settings that are not the
        defaults. No key is among them.
        """
        settings = self.settings.model_dump(mode="json", exclude_defaults=True)
        settings.get("llm", {}).pop("api_key", None)
        encoder = self._segments.encoder.identity
        named = {key: getattr(encoder, key) for key in ("name", "revision", "sha256", "source", "runtime")}
        return {"version": version("monitoria"), "encoder": named, "settings": settings}

    @property
    def retriever(self) -> CourseRetriever:
        """The LangChain retriever over this course."""
        return CourseRetriever(segments=self._segments)

    def search(
        self, question: str, *, k: int | None = None, mode: Mode | None = None, filters: Filters | None = None
    ) -> list[Hit]:
        """The segments found for a question, best first."""
        return self._segments.search(question, k=k, mode=mode, filters=filters)

    def evidence(self, question: str, *, filters: Filters | None = None) -> Evidence:
        """How likely it is that the lectures answer a question, from retrieval alone.

        No model is asked, unless ``retrieval.expansion`` has one help the search.
        """
        return evidence(self.index, question, self._segments.candidates(question, k=1, filters=filters))

    def ask(
        self, question: str, *, k: int | None = None, filters: Filters | None = None, history: Sequence[Turn] = ()
    ) -> Answer:
        """The checked answer to a question; ``history`` is what was asked and said before, oldest first."""
        answer: Answer | None = None
        for event in self.stream(question, k=k, filters=filters, history=history):
            if isinstance(event, AnswerReady):
                answer = event.answer
        if answer is None:
            raise AssertionError("a stream ends with its answer")
        return answer

    def stream(
        self,
        question: str,
        *,
        k: int | None = None,
        filters: Filters | None = None,
        hits: Sequence[Hit] | None = None,
        history: Sequence[Turn] = (),
    ) -> Iterator[Event]:
        """The passages, the quotes, the model's text as it comes and its mark when checked, the answer.

        What each event says is told in `rag.events`. ``hits`` of this course, where given, are not searched for.
        A question that needs the ``history`` (oldest first) is answered as the whole question that comes before all.

        A model that fails is no exception here: the answer then quotes the passages and says what happened.

        Raises:
            UsageError: an empty question, or a SPEC that means nothing.
        """
        started = time.perf_counter()
        understood = self._understood(question, history)
        question = understood.question
        if understood.rewritten:
            yield QuestionUnderstood(question)
        hits = tuple(self.search(question, k=k, filters=filters) if hits is None else hits)
        retrieve_ms = ms_since(started)
        yield HitsFound(hits)
        large = self._model.size == "large"
        profile = self.settings.large if large else self.settings.small
        task = self._task(question, hits, profile, started)
        draft = _Draft(understood, hits, started, retrieve_ms, ms_since(started))
        yield QuotesChosen(shown_quotes(task))
        try:
            llm = self._model.open() if hits else None
            draft = replace(draft, llm="none" if llm is None else llm.name)
            task = replace(task, odds=self._weighed(task, llm, profile))
        except (GenerationFailed, ModelUnavailable) as error:
            yield AnswerReady(self._finish(draft, quoted(task, error=str(error))))
            return
        if not hits or (not large and declines(task.quotes, task.odds, self.settings.abstention.at_most)):
            yield AnswerReady(self._finish(draft, replace(abstention(task), quotes=True)))
        elif llm is None:
            yield AnswerReady(self._finish(draft, quoted(task)))
        else:
            means = Means(llm, self._checker, profile, self.settings.llm.timeout_s)
            outcome = yield from write(task, means)
            yield AnswerReady(self._finish(draft, outcome))

    def choose(self, answer: Answer, choices: Sequence[str], *, several: bool = False) -> Chosen:
        """Which choices the model holds right, by the passages of the answer to their question.

        ``several`` asks for all that are right, else for one. A model that fails is no exception here either.
        """
        try:
            llm = self._model.open()
        except (GenerationFailed, ModelUnavailable) as error:
            return Chosen(None, str(error), failed=True)
        if llm is None:
            return Chosen(
                None, say("nenhum modelo escolhe com llm.spec = none", "no model chooses with llm.spec = none")
            )
        profile = self.settings.large if llm.size == "large" else self.settings.small
        question = answer.understood or answer.question
        quotes = self._quotes(question, answer.hits, profile)[: READS[llm.size]]
        timeout_s = self.settings.llm.timeout_s
        return choose(llm, question, choices, quotes, detect_language(question), timeout_s, several=several)

    def _weighed(self, task: Task, llm: LLM | None, profile: ProfileSettings) -> tuple[float, ...]:
        if llm is None or profile.task != "report":
            return ()
        return answering_odds(
            llm, task.question, task.quotes[: profile.weighed], task.language, self.settings.llm.timeout_s
        )

    def _understood(self, question: str, history: Sequence[Turn]) -> Understood:
        open_llm = self._model.open if self._model.size == "large" else None
        understood = understand(question, history, self.index.lexical, open_llm=open_llm)
        if understood.fault is not None:
            self.on_fault(understood.fault)
        return understood

    def _task(self, question: str, hits: tuple[Hit, ...], profile: ProfileSettings, started: float) -> Task:
        return Task(question, detect_language(question), hits, tuple(self._quotes(question, hits, profile)), started)

    def _quotes(self, question: str, hits: Sequence[Hit], profile: ProfileSettings) -> list[Quote]:
        most, max_words = profile.quotes, profile.quote_words
        return choose_quotes(self.index, self._segments.encoder, question, hits, most=most, max_words=max_words)

    def _finish(self, draft: _Draft, outcome: Outcome) -> Answer:
        return Answer(
            question=draft.understood.asked,
            text=outcome.text,
            abstained=outcome.abstained,
            references=outcome.attached.references,
            hits=draft.hits,
            sentences=outcome.attached.sentences,
            mode="quotes" if outcome.quotes else "generated",
            llm=draft.llm,
            prompt_sha256=outcome.prompt.sha256 if outcome.prompt else None,
            index_generation=self.index.generation,
            timings=Timings(draft.retrieve_ms, outcome.first_token_ms, ms_since(draft.started), draft.quotes_ms),
            error=outcome.error,
            understood=draft.understood.question if draft.understood.rewritten else None,
        )


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is known of an answer while it is being made; ``started`` is of the monotonic clock."""

    understood: Understood
    hits: tuple[Hit, ...]
    started: float
    retrieve_ms: float
    quotes_ms: float
    llm: str = "none"
