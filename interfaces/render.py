"""How results look to a person: plain text, with colour and live parts only on a terminal.

Everything from transcripts and models is printed as text; Rich's markup in it means nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from corpus.language import fold_accents, how_many, say
from corpus.records import Lecture
from interfaces.service.snippets import snippet
from rag.build import BuildReport
from rag.events import (
    AnswerReady,
    Event,
    HitsFound,
    QuestionUnderstood,
    QuotesChosen,
    SentenceChecked,
    TextWritten,
)
from rag.generations import Manifest
from rag.models import ModelStatus
from rag.records import Answer, Hit, Reference

_SNIPPET_CHARACTERS = 280
_WORD = re.compile(r"\w+")
# Control characters in a transcript must not steer the reader's terminal.
_CONTROL = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def clean(text: str) -> str:
    """Text that cannot move the cursor, change colours or ring the bell."""
    return text.translate(_CONTROL)


def clock(seconds: float) -> str:
    """Time of a lecture: ``12:34``, or ``1:02:03`` from an hour on.

    >>> clock(754.9), clock(3723)
    ('12:34', '1:02:03')
    """
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def span(start_s: float | None, end_s: float | None) -> str | None:
    """``12:34–13:10``, or ``None`` for written material."""
    if start_s is None:
        return None
    return clock(start_s) if end_s is None else f"{clock(start_s)}–{clock(end_s)}"


def lecture_label(lecture_id: str, title: str) -> str:
    """``Aula 03 · Regularização``: the id made readable, then the title; one alone where it says what both say.

    >>> lecture_label("aula-03", "Regularização"), lecture_label("Aula01 transacoes", "Transações")
    ('Aula 03 · Regularização', 'Aula01 transacoes')
    """
    readable = lecture_id.rsplit("/", 1)[-1].replace("-", " ").replace("_", " ").strip()
    readable = readable[:1].upper() + readable[1:]
    if not title or title.casefold().startswith(readable.casefold()) or _says_all(title, readable):
        return clean(title or readable)
    return clean(readable if _says_all(readable, title) else f"{readable} · {title}")


def _says_all(whole: str, part: str) -> bool:
    """Whether the words of ``part`` stand in ``whole`` as they are, whatever their accents and case.

    One or two letters say nothing by themselves: the lecture ``a`` keeps its name beside ``Como a rede aprende``.
    """
    inner, outer = (" ".join(_WORD.findall(fold_accents(text).casefold())) for text in (part, whole))
    return len(inner) > 2 and f" {inner} " in f" {outer} "


def reference_line(reference: Reference) -> str:
    """``[1] Aula 03 · Regularização · 12:34–13:10 · https://…?t=754``; what is unknown is left out."""
    parts = [
        lecture_label(reference.lecture_id, reference.title),
        span(reference.start_s, reference.end_s),
        reference.url and clean(reference.url),
    ]
    return f"[{reference.n}] " + " · ".join(part for part in parts if part)


def hit_lines(hit: Hit, question: str) -> str:
    """A hit as a short paragraph: where, score, what of its text comes nearest to the question's words."""
    segment = hit.segment
    heading = " › ".join(segment.heading)
    parts = [
        lecture_label(segment.lecture_id, hit.lecture.title),
        span(segment.start_s, segment.end_s),
        heading,
    ]
    head = " · ".join(part for part in parts if part)
    shown = snippet(clean(segment.text), question, hit.lecture.language, _SNIPPET_CHARACTERS)
    return f"{hit.rank}. {head}  ({hit.score:.4f}, id {segment.segment_id})\n   {shown}"


def answer_text(answer: Answer) -> str:
    """An answer as it stands in a terminal: what was understood, text, references, closest passages if it declines."""
    understood = [] if answer.understood is None else [understood_line(answer.understood), ""]
    lines = [*understood, clean(answer.text)]
    if answer.references:
        lines += ["", say("Referências", "References"), *(reference_line(r) for r in answer.references)]
    if answer.abstained and answer.hits:
        lines += [
            "",
            say("Trechos mais próximos", "Closest passages"),
            *(hit_lines(hit, answer.understood or answer.question) for hit in answer.hits[:3]),
        ]
    return "\n".join(lines)


def understood_line(question: str) -> str:
    """The whole question that a follow-up was taken for."""
    return clean(say(f"entendi como: {question}", f"understood as: {question}"))


def show_events(events: Iterator[Event]) -> Answer:
    """Show an answer as it comes; on a terminal the passages at once and the text as it is written."""
    console = Console()
    if not console.is_terminal:
        answer = _last_answer(events)
        print(answer_text(answer))
        return answer
    draft = _Draft()
    with Live(console=console, transient=True, refresh_per_second=8) as live:
        for event in events:
            if isinstance(event, AnswerReady):
                answer = event.answer
            else:
                draft.take(event)
                live.update(Text(clean(draft.shown()), style="dim"))
    console.print(Text(answer_text(answer)))
    return answer


@dataclass(slots=True)
class _Draft:
    """An answer in the making: what was found, what is being written, what was taken back."""

    understood: str = ""
    found: str = ""
    written: str = ""

    def take(self, event: Event) -> None:
        """Show one more event."""
        if isinstance(event, QuestionUnderstood):
            self.understood = understood_line(event.question) + "\n"
        elif isinstance(event, HitsFound):
            self.found = say("Trechos encontrados:\n", "Passages found:\n") + "".join(map(_place, event.hits[:3]))
        elif isinstance(event, QuotesChosen):
            quotes = "\n".join(f"“{quote.quote}” [{quote.n}]" for quote in event.quotes)
            self.found = say("Nas palavras da aula:\n", "In the lecture's words:\n") + quotes + "\n"
        elif isinstance(event, TextWritten):
            self.written += event.text
        elif isinstance(event, SentenceChecked) and not event.sentence.supported:
            self.written = say(
                "(a aula não sustenta o que foi escrito)\n", "(the lecture does not back what it wrote)\n"
            )

    def shown(self) -> str:
        """As it stands now."""
        return f"{self.understood}{self.found}\n{self.written}"


def _place(hit: Hit) -> str:
    segment = hit.segment
    return f"  {lecture_label(segment.lecture_id, hit.lecture.title)} {span(segment.start_s, segment.end_s) or ''}\n"


def _last_answer(events: Iterator[Event]) -> Answer:
    answers = [event.answer for event in events if isinstance(event, AnswerReady)]
    return answers[-1]


def index_info(manifest: Manifest, lectures: Sequence[Lecture]) -> str:
    """What an index holds, as lines."""
    encoder = manifest.encoder
    lines = [
        say(f"geração     {manifest.generation}", f"generation  {manifest.generation}"),
        say(f"criada em   {manifest.created_at}", f"created     {manifest.created_at}"),
        say(f"aulas       {manifest.n_lectures}", f"lectures    {manifest.n_lectures}"),
        say(f"segmentos   {manifest.n_segments}", f"segments    {manifest.n_segments}"),
        say("codificador ", "encoder     ")
        + f"{encoder.name} ({encoder.source}, {encoder.runtime}, {encoder.dim}, sha256 {encoder.sha256[:16]}…)",
    ]
    lines += [f"  {lecture_label(lecture.lecture_id, lecture.title)}  [{lecture.lecture_id}]" for lecture in lectures]
    return "\n".join(lines)


def build_problems(report: BuildReport) -> list[str]:
    """A line for each file that could not be read, and for what was survived in others."""
    lines = [say(f"ilegível: {error.pt}", f"unreadable: {error.en}") for error in report.unreadable]
    for warning in report.warnings:
        place = warning.name if warning.line is None else f"{warning.name}:{warning.line}"
        lines.append(say(f"aviso: {place}: {warning.pt}", f"warning: {place}: {warning.en}"))
    return [clean(line) for line in lines]


def build_summary(report: BuildReport) -> str:
    """What a build did, in a few lines."""
    counts = [
        (say("nova", "new"), say("novas", "new"), len(report.new)),
        (say("mudada", "changed"), say("mudadas", "changed"), len(report.changed)),
        (say("retirada", "removed"), say("retiradas", "removed"), len(report.removed)),
        (say("igual", "unchanged"), say("iguais", "unchanged"), len(report.unchanged)),
        (say("ilegível", "unreadable"), say("ilegíveis", "unreadable"), len(report.unreadable)),
    ]
    words = ", ".join(how_many(n, one, many) for one, many, n in counts)
    lectures, segments, made, kept = report.n_lectures, report.n_segments, report.n_embedded, report.n_from_cache
    head = say(
        f"{how_many(lectures, 'aula', 'aulas')}, {how_many(segments, 'segmento', 'segmentos')} "
        f"({report.generation or 'nenhuma geração'})",
        f"{how_many(lectures, 'lecture', 'lectures')}, {how_many(segments, 'segment', 'segments')} "
        f"({report.generation or 'no generation'})",
    )
    work = say(
        f"aulas: {words}; vetores: {how_many(made, 'calculado', 'calculados')}, "
        f"{how_many(kept, 'reaproveitado', 'reaproveitados')}; {report.seconds:.1f} s",
        f"lectures: {words}; vectors: {made} computed, {kept} kept; {report.seconds:.1f} s",
    )
    return f"{head}\n{work}"


def chance(p: float) -> str:
    """A probability in five characters; one that rounds to nothing is not nothing.

    >>> chance(0.04999), chance(0.0001)
    ('0.050', '<.001')
    """
    return "<.001" if p < 0.0005 else f"{p:.3f}"


def model_line(status: ModelStatus) -> str:
    """One model of `monitoria models list`."""
    states = {
        "absent": say("ausente", "absent"),
        "partial": say("incompleto", "partial"),
        "present": say("presente", "present"),
        "verified": say("verificado", "verified"),
        "damaged": say("danificado", "damaged"),
    }
    size = f"{(status.size_bytes or status.download_bytes) / 1e6:.0f} MB"
    return f"{status.name:24} {states[status.state]:11} {size:>8}  {status.path or status.source}"


@dataclass(slots=True)
class Bars:
    """Progress bars on stderr, one a label; silent where stderr is no terminal."""

    progress: Progress
    tasks: dict[str, TaskID] = field(default_factory=dict)

    def __call__(self, label: str, done: int, total: int | None) -> None:
        """Move the bar of ``label``; the first call makes it."""
        if label not in self.tasks:
            self.tasks[label] = self.progress.add_task(label, total=total)
        self.progress.update(self.tasks[label], completed=done, total=total)


@contextmanager
def bars(*, count_bytes: bool = False) -> Iterator[Bars]:
    """Bars that vanish when the work is done."""
    counter = DownloadColumn() if count_bytes else MofNCompleteColumn()
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), counter)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        yield Bars(progress)
