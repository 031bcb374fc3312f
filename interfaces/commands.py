"""What each command does: calls, and shows the result. `interfaces.cli` puts them together."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus.errors import UsageError
from corpus.language import how_many, say

IndexOption = Annotated[
    Path, typer.Option("--index", metavar=say("PASTA", "DIR"), help=say("pasta do índice", "the index folder"))
]
TopicsOption = Annotated[
    Path | None,
    typer.Option(
        "--topics",
        metavar=say("ARQUIVO", "FILE"),
        help=say(
            "perguntas: uma por linha (.txt), JSONL, CSV, SQuAD, autoavaliações, provas, ou uma pasta",
            "topics: one a line (.txt), JSONL, CSV, SQuAD, self-assessments, exams, or a folder",
        ),
    ),
]
ModeOption = Annotated[
    str | None,
    typer.Option("--mode", metavar="hybrid|dense|lexical", help=say("modo de busca", "search mode")),
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option(
        "--base-url", metavar="URL", help=say("servidor compatível com OpenAI", "an OpenAI-compatible server")
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help=say("saída em JSON", "print JSON"))]


def models_pull(
    names: Annotated[list[str] | None, typer.Argument(metavar=say("NOME", "NAME"))] = None,
) -> None:
    """Fetch weights and say where they lie."""
    from interfaces import render
    from rag.models import pull

    with render.bars(count_bytes=True) as progress:
        statuses = pull(names or (), progress)
    for status in statuses:
        print(render.model_line(status))


def models_list() -> None:
    """Show every known model."""
    from interfaces import render
    from rag.models import list_models

    for status in list_models():
        print(render.model_line(status))


def index(
    sources: Annotated[list[Path] | None, typer.Argument(metavar=say("FONTE", "SOURCE"))] = None,
    *,
    index: Annotated[
        Path | None,
        typer.Option("--index", metavar=say("PASTA", "DIR"), help=say("pasta do índice", "the index folder")),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            "--remove",
            metavar=say("AULA", "LECTURE_ID"),
            help=say("tira uma aula do índice", "take a lecture out of the index"),
        ),
    ] = None,
    verify: Annotated[
        Path | None,
        typer.Option(
            "--verify", metavar=say("PASTA", "DIR"), help=say("confere cada byte do índice", "check every byte")
        ),
    ] = None,
    info: Annotated[
        Path | None,
        typer.Option("--info", metavar=say("PASTA", "DIR"), help=say("diz o que o índice contém", "say what it holds")),
    ] = None,
) -> None:
    """Build, update, verify or describe an index."""
    if (verify or info) is not None and (sources or index or remove):
        raise UsageError(
            pt="--verify e --info não indexam; rode-os sem fontes e sem --index",
            en="--verify and --info index nothing; run them without sources and without --index",
        )
    if verify is not None:
        from rag.index import verify_index

        manifest = verify_index(verify)
        files, n = len(manifest.files), manifest.n_segments
        print(
            say(
                f"{verify}: {manifest.generation} íntegro, {how_many(files, 'arquivo', 'arquivos')}, "
                f"{how_many(n, 'segmento', 'segmentos')}",
                f"{verify}: {manifest.generation} is sound, {how_many(files, 'file', 'files')}, "
                f"{how_many(n, 'segment', 'segments')}",
            )
        )
        return
    if info is not None:
        from interfaces import render
        from rag.index import index_contents

        print(render.index_info(*index_contents(info)))
        return
    if index is None or not (sources or remove):
        raise UsageError(
            pt="diga o que indexar e onde: monitoria index FONTE... --index PASTA",
            en="say what to index and where: monitoria index SOURCE... --index DIR",
        )
    _build(sources or [], index, remove or [])


def _build(sources: list[Path], index: Path, remove: list[str]) -> None:
    from interfaces import render
    from rag.build import open_and_build

    def waiting() -> None:
        tell(say(f"outra indexação usa {index}; esperando…", f"another build holds {index}; waiting…"))

    with render.bars() as progress:
        report, note = open_and_build(index, sources, remove=remove, progress=progress, on_wait=waiting)
    if note is not None:
        tell(note)
    for line in render.build_problems(report):
        tell(line)
    print(render.build_summary(report))
    if report.nothing_readable or not report.generation:
        tell(say("nada foi indexado; confira as fontes", "nothing was indexed; check the sources"))
        raise typer.Exit(1)


def search(
    question: Annotated[str | None, typer.Argument(metavar=say("PERGUNTA", "QUESTION"))] = None,
    *,
    index: IndexOption,
    topics: TopicsOption = None,
    run: Annotated[
        Path | None,
        typer.Option(
            "--run",
            metavar=say("ARQUIVO", "FILE"),
            help=say("onde gravar (.jsonl, .trec)", "where to write (.jsonl, .trec)"),
        ),
    ] = None,
    k: Annotated[
        int | None, typer.Option("-k", metavar="N", help=say("quantos segmentos", "how many segments"))
    ] = None,
    mode: ModeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show or write hits."""
    from interfaces import render

    _one_of(question, topics, run, "--run")
    if topics is not None and run is not None:
        from eval.runs import check_not_topics

        check_not_topics(run, topics)
    course = _open(index, {"retrieval": {"mode": mode, "k": k}})
    if topics is not None and run is not None:
        from eval.runs import search_topics, write_run
        from eval.topics import read_topics

        with render.bars() as progress:
            found = search_topics(
                course, read_topics(topics), k=k or 100, report=partial(progress, say("buscando", "searching"))
            )
        write_run(run, found)
        n = len(found)
        print(say(f"{how_many(n, 'pergunta', 'perguntas')} → {run}", f"{how_many(n, 'topic', 'topics')} → {run}"))
        return
    hits = course.search(question or "")
    if as_json:
        from rag.exchange import run_records

        print(json.dumps(run_records(hits), ensure_ascii=False))
        return
    for hit in hits:
        print(render.hit_lines(hit, question or ""))
    if not hits:
        print(say("nada encontrado", "nothing found"))


def ask(  # noqa: PLR0913 - one parameter an option of the contract
    question: Annotated[str | None, typer.Argument(metavar=say("PERGUNTA", "QUESTION"))] = None,
    *,
    index: IndexOption,
    llm: Annotated[
        str | None,
        typer.Option("--llm", metavar="SPEC", help="embedded, none, openai:NAME, ollama:NAME, huggingface:NAME"),
    ] = None,
    base_url: BaseUrlOption = None,
    after: Annotated[
        Path | None,
        typer.Option(
            "--after",
            metavar=say("ARQUIVO", "FILE"),
            help=say("a conversa até aqui (JSONL)", "what was said before (JSONL)"),
        ),
    ] = None,
    topics: TopicsOption = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            "--answers", metavar=say("ARQUIVO", "FILE"), help=say("onde gravar (JSONL)", "where to write (JSONL)")
        ),
    ] = None,
    mode: ModeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show or write answers."""
    from interfaces import render
    from rag.exchange import answer_record, read_conversation

    _one_of(question, topics, answers, "--answers")
    if after is not None and topics is not None:
        raise UsageError(
            pt="--after é de uma pergunta só; com --topics cada uma é a primeira",
            en="--after is for one question; with --topics each is the first",
        )
    if topics is not None and answers is not None:
        from eval.runs import check_not_topics

        check_not_topics(answers, topics)
    history = () if after is None else read_conversation(after)
    course = _open(index, {"retrieval": {"mode": mode}, "llm": {"spec": llm, "base_url": base_url}})
    if topics is not None and answers is not None:
        _ask_all(course, topics, answers)
        return
    with render.bars(count_bytes=True) as progress:
        course.on_progress = progress
        if as_json:
            answer = course.ask(question or "", history=history)
            print(json.dumps(answer_record(answer), ensure_ascii=False))
        else:
            answer = render.show_events(course.stream(question or "", history=history))
    if answer.error:
        tell(answer.error)


def _ask_all(course: Any, topics: Path, answers: Path) -> None:  # noqa: ANN401 - imported late
    from eval.runs import answer_topics, recorded_llms
    from eval.topics import read_topics
    from interfaces import render

    before = recorded_llms(answers)
    now: set[str] = set()
    asked = failed = 0
    with render.bars() as progress:
        report = partial(progress, say("respondendo", "answering"))
        for record in answer_topics(course, read_topics(topics), answers, topics_path=topics, report=report):
            asked += 1
            failed += record["error"] is not None
            now.add(record["llm"])
    if now and before - now:
        names = ", ".join(sorted(before | now))
        tell(
            say(
                f"{answers} mistura respostas de {names}; para um só modelo use outro arquivo",
                f"{answers} mixes answers of {names}; for one model use another file",
            )
        )
    print(
        say(
            f"{how_many(asked, 'pergunta respondida', 'perguntas respondidas')} agora ({failed} com erro do modelo) → "
            f"{answers}",
            f"{how_many(asked, 'topic', 'topics')} answered now ({failed} with a model error) → {answers}",
        )
    )


def _open(index: Path, overrides: dict[str, dict[str, Any]]) -> Any:  # noqa: ANN401 - imported late
    from rag.config import load_settings
    from rag.pipeline import Monitoria

    course = Monitoria.open(index, settings=load_settings(overrides))
    course.on_fault = lambda fault: tell(str(fault))
    return course


def _one_of(question: str | None, topics: Path | None, target: Path | None, option: str) -> None:
    from rag.question_words import asks_something

    if (question is None) == (topics is None) or (topics is None) != (target is None):
        raise UsageError(
            pt=f"dê uma pergunta, ou --topics com {option}; veja --help",
            en=f"give a question, or --topics with {option}; see --help",
        )
    if question is not None and not asks_something(question):
        raise UsageError(
            pt=f"a pergunta {question!r:.60} não tem letra nem número; escreva o que quer saber",
            en=f"the question {question!r:.60} has neither letter nor digit; write what you want to know",
        )


def tell(sentence: str) -> None:
    """One sentence on stderr."""
    print(sentence, file=sys.stderr)
