"""The question's side of retrieval: what a lecturer might have said, or asked, in the words of the lecture.

A student's words and a lecturer's are often not the same. The chat model writes either a hypothetical answer
(HyDE: Gao et al. 2022, "Precise zero-shot dense retrieval without relevance labels", section 3) or other wordings
of the question; the search uses them beside the question itself. Off by default, for it costs seconds a question.

Nothing here loses a search: a model that fails, hangs or writes nothing leaves no texts and a reason to tell.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from corpus.language import Language, fold_accents
from corpus.records import Lecture
from rag.errors import GenerationFailed, MonitoriaError, UsageError
from rag.generator import Generation
from rag.llm import LLM, briefly
from rag.prompts import Prompt, filled

ExpansionKind = Literal["hypothetical", "rewrite"]

TIMEOUT_S = 30.0  # a search that waits longer than this for the model has lost the student
_MAX_TOKENS: dict[ExpansionKind, int] = {"hypothetical": 60, "rewrite": 100}
_MAX_WORDINGS = 3
_SUBJECT_CHARACTERS = 300
_QUOTES = "\"'“”‘’«»`*"
_BULLET = re.compile(r"^\s*(?:[-*•–—]|\(?\d{1,2}[.):]|\(?[a-cA-C][.)])\s+")
_LABEL = re.compile(
    r"^(?:o |a |the )?(?:frase do professor|professora?(?: respond\w+| diz)?|lecturer(?:'s sentence| says)?)\s*:\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Expansion:
    """What the chat model made of a question.

    Attributes:
        texts: one hypothetical answer, or one to three wordings of the question; empty where there are none.
        fault: why there are none, to be told and not raised; ``None`` where there are some.
        seconds: waited for the model; 0 where the texts were remembered.
    """

    texts: tuple[str, ...]
    fault: MonitoriaError | None = None
    seconds: float = 0.0


class Expander:
    """Expands questions about one course and remembers what came of them. Safe to use from several threads.

    Args:
        kind: what is asked of the model.
        open_llm: gives the chat model, opened when it is first needed; ``None`` where there is none.
        subject: what the course is about, as `subject_of` says it.
        timeout_s: how long the model may take; what it wrote by then is used.
        remembered: how many expansions are kept, the longest unused one forgotten first.
    """

    def __init__(
        self,
        kind: ExpansionKind,
        open_llm: Callable[[], LLM | None],
        *,
        subject: str = "",
        timeout_s: float = TIMEOUT_S,
        remembered: int = 1024,
    ) -> None:
        self.kind = kind
        self._open_llm = open_llm
        self._subject = subject
        self._timeout_s = timeout_s
        self._remembered = remembered
        self._known: OrderedDict[tuple[str, str, str], Expansion] = OrderedDict()
        self._lock = threading.Lock()

    def expand(self, question: str, language: Language) -> Expansion:
        """The question's expansion in the lectures' ``language``; a failure is told in it, and is not remembered."""
        try:
            llm = self._open_llm()
        except MonitoriaError as error:
            return Expansion((), error)
        if llm is None:
            return Expansion((), _no_model())
        prompt = _prompt(self.kind, question, language, self._subject)
        key = (llm.name, prompt.sha256, prompt.user)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        made = _ask(self.kind, llm, prompt, question, self._timeout_s)
        if made.fault is None:
            with self._lock:
                self._known[key] = replace(made, seconds=0.0)
                while len(self._known) > self._remembered:
                    self._known.popitem(last=False)
        return made


def hypothetical_answer(
    llm: LLM, question: str, language: Language, *, subject: str = "", timeout_s: float = TIMEOUT_S
) -> Expansion:
    """One sentence that a lecturer might say in answer to the question; it need not be true to serve a search.

    Args:
        llm: the chat model; asked at temperature 0, with a seed, for at most 60 tokens.
        question: the student's.
        language: the lectures', whatever the question's is.
        subject: what the course is about.
        timeout_s: how long the model may take; what it wrote by then is used.
    """
    prompt = _prompt("hypothetical", question, language, subject)
    return _ask("hypothetical", llm, prompt, question, timeout_s)


def rewritten(
    llm: LLM, question: str, language: Language, *, subject: str = "", timeout_s: float = TIMEOUT_S
) -> Expansion:
    """The question in a lecturer's words, up to three wordings; arguments as for `hypothetical_answer`."""
    prompt = _prompt("rewrite", question, language, subject)
    return _ask("rewrite", llm, prompt, question, timeout_s)


def subject_of(lectures: Iterable[Lecture]) -> str:
    """What a course is about, in one line: the courses' names, or the lectures' titles where no course is named.

    At most 300 characters, whole names only.
    """
    ordered = sorted(lectures, key=lambda lecture: lecture.lecture_id)
    names = list(dict.fromkeys(lecture.course for lecture in ordered if lecture.course))
    names = names or list(dict.fromkeys(lecture.title for lecture in ordered))
    line = ""
    for name in names:
        longer = f"{line}; {name}" if line else name
        if len(longer) > _SUBJECT_CHARACTERS:
            break
        line = longer
    return line


def _prompt(kind: ExpansionKind, question: str, language: Language, subject: str) -> Prompt:
    return filled(kind, language, question=" ".join(question.split()), subject=subject or "-")


def _ask(kind: ExpansionKind, llm: LLM, prompt: Prompt, question: str, timeout_s: float) -> Expansion:
    started = time.perf_counter()
    generation = Generation(replace(llm, chat=briefly(llm.chat, _MAX_TOKENS[kind])), prompt, timeout_s)
    try:
        written, late = generation.written(timeout_s)
    except GenerationFailed as error:
        return Expansion((), error, time.perf_counter() - started)
    unfinished = (late or generation.cut_off) and kind == "rewrite"
    lines = _useful_lines(written, question, unfinished=unfinished)
    texts = lines[: _MAX_WORDINGS if kind == "rewrite" else 1]
    return Expansion(tuple(texts), None if texts else _nothing_useful(llm.name), time.perf_counter() - started)


def _useful_lines(text: str, question: str, *, unfinished: bool) -> list[str]:
    """The lines of an answer without bullets, labels and quotation marks; no echo, no line twice.

    A last line that is ``unfinished`` counts only where it is the only one.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if unfinished and len(lines) > 1:
        lines.pop()
    seen = {_bare(question)}
    found = []
    for line in lines:
        clean = _LABEL.sub("", _BULLET.sub("", line).strip().strip(_QUOTES)).strip(_QUOTES + " ")
        if clean.endswith(":") or not any(map(str.isalpha, clean)) or _bare(clean) in seen:
            continue
        seen.add(_bare(clean))
        found.append(clean)
    return found


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold_accents(text).lower()))


def _no_model() -> UsageError:
    return UsageError(
        pt="retrieval.expansion precisa de um modelo de linguagem e llm.spec = none; "
        "escolha um em --llm ou use retrieval.expansion = none",
        en="retrieval.expansion needs a language model and llm.spec = none; "
        "choose one with --llm or use retrieval.expansion = none",
    )


def _nothing_useful(name: str) -> GenerationFailed:
    return GenerationFailed(
        pt=f"o modelo {name} não escreveu nada que sirva para procurar; a busca usou só a pergunta",
        en=f"the model {name} wrote nothing to search with; the search used the question alone",
    )
