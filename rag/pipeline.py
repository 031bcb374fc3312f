"""A course that answers: retrieve, choose what the model reads, let it write, check what it wrote.

Passages come first and stay, whatever the model does.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from corpus.language import Language, detect_language, say
from rag.citations import Attached, CitationChecker, reference, split_sentences
from rag.config import Settings, load_settings
from rag.encoder import Encoder
from rag.errors import GenerationFailed, ModelUnavailable, MonitoriaError, UsageError
from rag.evidence import Evidence, evidence
from rag.excerpts import excerpts
from rag.generations import read_manifest
from rag.generator import Generation
from rag.index import CourseIndex, Filters, open_encoder_for
from rag.llm import LLM, ModelOnDemand, wrap_llm
from rag.models import Progress
from rag.prompts import ABSTENTION, Prompt, answer_prompt
from rag.records import Answer, Hit, Mode, Reference, Sentence, Timings
from rag.rerank import open_reranking
from rag.retriever import CourseRetriever, SegmentRetriever
from rag.rewriting import Expander, subject_of

_QUOTES = 3
_ITEM = re.compile(r"[-*•] |\d+[.)] ")


@dataclass(frozen=True, slots=True)
class HitsFound:
    """The passages are there; comes first, before any model is asked."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class TextWritten:
    """A piece of the model's text as it is written, not checked yet."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerReady:
    """The whole answer, checked; comes last."""

    answer: Answer


Event = HitsFound | TextWritten | AnswerReady


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

    @property
    def index(self) -> CourseIndex:
        """The opened index."""
        return self._segments.index

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

    def ask(self, question: str, *, k: int | None = None, filters: Filters | None = None) -> Answer:
        """The checked answer to a question."""
        answer: Answer | None = None
        for event in self.stream(question, k=k, filters=filters):
            if isinstance(event, AnswerReady):
                answer = event.answer
        if answer is None:
            raise AssertionError("a stream ends with its answer")
        return answer

    def stream(self, question: str, *, k: int | None = None, filters: Filters | None = None) -> Iterator[Event]:
        """The passages, then the model's text as it is written, then the checked answer.

        A model that fails is no exception here: the answer then quotes the passages and says what happened.

        Raises:
            UsageError: an empty question, or a SPEC that means nothing.
        """
        started = time.perf_counter()
        hits = tuple(self.search(question, k=k, filters=filters))
        draft = _Draft(question, hits, detect_language(question), started, _ms_since(started))
        yield HitsFound(hits)
        if not hits:
            yield AnswerReady(self._finish(draft, _Outcome(ABSTENTION[draft.language], abstained=True, quotes=True)))
            return
        try:
            llm = self._model.open()
            if llm is None:
                yield AnswerReady(self._finish(draft, self._quotes(draft)))
                return
            draft = replace(draft, llm=llm.name)
            yield from self._generate(draft, llm)
        except (GenerationFailed, ModelUnavailable) as error:
            yield AnswerReady(self._finish(draft, replace(self._quotes(draft), error=str(error))))

    def _generate(self, draft: _Draft, llm: LLM) -> Iterator[Event]:
        read = draft.hits[: llm.profile.passages]
        shown = excerpts(self.index, self._segments.encoder, draft.question, read, llm.profile.passage_tokens)
        prompt = answer_prompt(draft.question, shown, draft.language)
        draft = replace(draft, prompt=prompt)
        generation = Generation(llm, prompt, self.settings.llm.timeout_s)
        written: list[str] = []
        try:
            for piece in generation.tokens():
                if not written:
                    draft = replace(draft, first_token_ms=_ms_since(draft.started))
                written.append(piece)
                yield TextWritten(piece)
        except GenerationFailed as error:
            yield AnswerReady(self._finish(draft, replace(self._quotes(draft), error=str(error))))
            return
        outcome = self._check("".join(written), draft, read, cut_off=generation.cut_off)
        yield AnswerReady(self._finish(draft, outcome))

    def _check(self, text: str, draft: _Draft, passages: Sequence[Hit], *, cut_off: bool) -> _Outcome:
        """The model's text after checking: cited claims, an abstention, or quotes where nothing is left."""
        error = None
        if cut_off:
            whole = split_sentences(text)[:-1]
            text = " ".join(whole)
            error = say(
                f"o modelo chegou ao limite de {self.settings.llm.max_tokens} tokens; a frase incompleta saiu",
                f"the model reached its limit of {self.settings.llm.max_tokens} tokens; the unfinished sentence went",
            )
        attached = self._checker.attach(text, passages, draft.question)
        if any(sentence.supported for sentence in attached.sentences):
            return _Outcome(_compose(attached, draft.language), attached=attached, error=error)
        if attached.refusals:
            return _Outcome(ABSTENTION[draft.language], abstained=True, error=error)
        return replace(self._quotes(draft, unsupported=True), error=error)

    def _quotes(self, draft: _Draft, *, unsupported: bool = False) -> _Outcome:
        """The nearest sentences themselves, with their references, when no model speaks or none may be believed."""
        references: list[Reference] = []
        for n, hit in enumerate(draft.hits[:_QUOTES], start=1):
            references.append(reference(n, hit, self._checker.best_quote(draft.question, hit)))
        opening = _OPENING[unsupported][draft.language]
        lines = [f"“{r.quote}” [{r.n}]" for r in references]
        sentences = tuple(Sentence(r.quote, (r.n,), supported=True) for r in references)
        return _Outcome("\n".join([opening, *lines]), attached=Attached(sentences, tuple(references)), quotes=True)

    def _finish(self, draft: _Draft, outcome: _Outcome) -> Answer:
        return Answer(
            question=draft.question,
            text=outcome.text,
            abstained=outcome.abstained,
            references=outcome.attached.references,
            hits=draft.hits,
            sentences=outcome.attached.sentences,
            mode="quotes" if outcome.quotes else "generated",
            llm=draft.llm,
            prompt_sha256=draft.prompt.sha256 if draft.prompt else None,
            index_generation=self.index.generation,
            timings=Timings(draft.retrieve_ms, draft.first_token_ms, _ms_since(draft.started)),
            error=outcome.error,
        )


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is known of an answer while it is being made; ``started`` is of the monotonic clock."""

    question: str
    hits: tuple[Hit, ...]
    language: Language
    started: float
    retrieve_ms: float
    first_token_ms: float | None = None
    llm: str = "none"
    prompt: Prompt | None = None


_NOTHING = Attached((), ())


@dataclass(frozen=True, slots=True)
class _Outcome:
    text: str
    attached: Attached = _NOTHING
    abstained: bool = False
    quotes: bool = False
    error: str | None = None


_OPENING: Mapping[bool, Mapping[Language, str]] = {
    False: {
        "pt": "Trechos das aulas mais próximos da pergunta:",
        "en": "Lecture passages nearest to the question:",
    },
    True: {
        "pt": "O modelo não escreveu uma resposta que as aulas sustentem. Trechos mais próximos da pergunta:",
        "en": "The model wrote no answer that the lectures support. Passages nearest to the question:",
    },
}
_UNSUPPORTED: Mapping[Language, str] = {
    "pt": "[sem apoio nas aulas]",
    "en": "[not supported by the lectures]",
}


def _compose(attached: Attached, language: Language) -> str:
    """The answer's text: each sentence with its numbers before the full stop, or the mark that nothing backs it.

    That the lectures do not say something needs no backing.
    """
    parts = []
    for place, sentence in enumerate(attached.sentences):
        note = "".join(f"[{n}]" for n in sentence.citations) if sentence.supported else _UNSUPPORTED[language]
        body, end = (sentence.text[:-1], sentence.text[-1]) if sentence.text[-1:] in ".!?…" else (sentence.text, "")
        whole = sentence.text if place in attached.refusals else f"{body} {note}{end}"
        parts.append(("\n" if _ITEM.match(body) else " ") + whole)
    return "".join(parts).strip()


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000.0
