"""The command line. Calls and shows; every decision is made elsewhere.

Exit 0 on success, 2 on wrong use, 1 on failure. Errors are one sentence on stderr, unless ``--debug``.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import typer

from corpus.errors import MonitoriaError
from corpus.language import say, set_interface_language
from interfaces.spoken_help import SpokenCommand, SpokenGroup, wrong_use

_EXAMPLES = {
    "pull": "monitoria models pull",
    "list": "monitoria models list",
    "index": "monitoria index aulas/ --index meu-indice",
    "search": 'monitoria search "o que é dropout?" --index meu-indice',
    "ask": 'monitoria ask "o que é dropout?" --index meu-indice',
    "app": "monitoria app --index meu-indice",
    "ragas": "monitoria eval ragas respostas.jsonl --topics perguntas.jsonl --out julgamentos",
    "agreement": "monitoria eval agreement julgamentos --annotations anotacoes.csv",
    "report": "monitoria eval report julgamentos",
    "compare": "monitoria eval compare julgamentos-a julgamentos-b",
    "judge": "monitoria eval judge respostas.jsonl --topics perguntas.jsonl --out julgamentos",
    "retrieval": "monitoria eval retrieval busca.jsonl --topics perguntas.jsonl",
}


def build_app() -> typer.Typer:
    """The command tree, with help in the interface's language."""
    # Option texts are spoken when this module is loaded, so the language must be chosen before.
    from interfaces import app_command, commands, eval_commands, people_command, ragas_command, report_commands

    options: dict[str, Any] = {
        "cls": SpokenGroup,
        "rich_markup_mode": None,
        "pretty_exceptions_enable": False,
        "add_completion": False,
        "subcommand_metavar": say("COMANDO [ARGUMENTOS]...", "COMMAND [ARGUMENTS]..."),
    }
    app = typer.Typer(
        name="monitoria",
        help=say(
            "Pergunte ao curso: respostas só do que foi dito em aula.",
            "Ask the course: answers from its lectures.",
        ),
        epilog=say(
            "Em qualquer comando: --version, --lang pt|en, --debug (mostra o erro inteiro).",
            "With any command: --version, --lang pt|en, --debug (shows the whole error).",
        ),
        no_args_is_help=True,
        **options,
    )
    models = typer.Typer(help=say("Pesos dos modelos.", "Model weights."), no_args_is_help=True, **options)
    evaluation = typer.Typer(help=say("Avaliação.", "Evaluation."), no_args_is_help=True, **options)
    app.add_typer(models, name="models")
    app.add_typer(evaluation, name="eval")
    app.add_typer(people_command.people(options), name="people")

    def add(group: typer.Typer, name: str, function: Any, pt: str, en: str) -> None:  # noqa: ANN401
        example = say("Exemplo: ", "Example: ") + _EXAMPLES[name]
        group.command(name, help=say(pt, en), epilog=example, cls=SpokenCommand)(function)

    add(models, "pull", commands.models_pull, "Baixa e confere os pesos.", "Fetch weights and verify them.")
    add(models, "list", commands.models_list, "Lista os modelos e onde estão.", "List the models and where they lie.")
    add(app, "index", commands.index, "Cria ou atualiza um índice.", "Build or update an index.")
    add(app, "search", commands.search, "Acha os segmentos de uma pergunta.", "Find the segments for a question.")
    add(app, "ask", commands.ask, "Responde com referências.", "Answer with references.")
    add(app, "app", app_command.app, "Abre o app no navegador.", "Serve the app to a browser.")
    add(evaluation, "retrieval", eval_commands.eval_retrieval, "Mede uma busca.", "Measure a run.")
    add(evaluation, "judge", eval_commands.eval_judge, "Julga respostas.", "Judge answers.")
    add(evaluation, "ragas", ragas_command.eval_ragas, "Mede respostas com o ragas.", "Measure answers with ragas.")
    add(
        evaluation,
        "agreement",
        report_commands.eval_agreement,
        "Compara o juiz com quem anotou.",
        "Compare the judge with those who annotated.",
    )
    add(evaluation, "report", report_commands.eval_report, "Escreve o relatório.", "Write the report.")
    add(evaluation, "compare", report_commands.eval_compare, "Compara dois resultados.", "Compare two runs.")
    return app


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit. ``--version``, ``--lang`` and ``--debug`` may stand anywhere."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal without UTF-8 gets question marks, not an exception.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    argv, debug = _common_options(list(sys.argv[1:] if arguments is None else arguments))
    sys.exit(_run(argv, debug=debug))


def _common_options(argv: list[str]) -> tuple[list[str], bool]:
    own, rest = (argv[: argv.index("--")], argv[argv.index("--") :]) if "--" in argv else (argv, [])
    if "--version" in own:
        print(f"monitoria {version('monitoria')}")
        sys.exit(0)
    own = [
        part for argument in own for part in (argument.split("=", 1) if argument.startswith("--lang=") else [argument])
    ]
    if "--lang" in own:
        place = own.index("--lang")
        language = own[place + 1] if place + 1 < len(own) else ""
        if language not in ("pt", "en"):
            _tell(say(f"--lang é {language!r}; use pt ou en", f"--lang is {language!r}; use pt or en"))
            sys.exit(2)
        set_interface_language("en" if language == "en" else "pt")
        del own[place : place + 2]
    debug = "--debug" in own or os.environ.get("MONITORIA_DEBUG") == "1"
    return [argument for argument in own if argument != "--debug"] + rest, debug


def _run(argv: list[str], *, debug: bool) -> int:
    """Exit code of one invocation; errors become one sentence on stderr."""
    try:
        code = typer.main.get_command(build_app()).main(args=argv, prog_name="monitoria", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except MonitoriaError as error:
        if debug:
            raise
        _tell(f"monitoria: {error}")
        return error.exit_code
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message())
        else:
            _tell("monitoria: " + _wrong_use(error.format_message()))
        return 2
    except typer.Exit as request:
        return request.exit_code
    except (KeyboardInterrupt, typer.Abort):
        _tell(say("interrompido", "interrupted"))
        return 130
    except BrokenPipeError:
        # The reader of our output went away (as `head` does); nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if debug:
            raise
        _tell("monitoria: " + _unexpected(error))
        return 1


def _unexpected(error: Exception) -> str:
    """One sentence for what nobody foresaw: the system's refusals in its own words, the rest with how to see more."""
    if isinstance(error, OSError):
        what = (error.strerror or type(error).__name__) + (f" ({error.filename})" if error.filename else "")
        return say(
            f"o sistema recusou: {what}; confira espaço, permissões e o caminho",
            f"the system refused: {what}; check space, permissions and the path",
        )
    kind = type(error).__name__
    return say(
        f"erro inesperado ({kind}: {error}); rode de novo com --debug para ver onde",
        f"unexpected error ({kind}: {error}); run again with --debug to see where",
    )


def _wrong_use(message: str) -> str:
    """Typer's sentence with where to look; where an index is missing, the one that the app would open."""
    told = [wrong_use(message)]
    if message.startswith("Missing option '--index'"):
        told += [
            say(f"Aqui há um: --index {folder}.", f"There is one here: --index {folder}.") for folder in _courses_here()
        ]
    return " ".join([*told, say("Veja monitoria --help.", "See monitoria --help.")])


def _courses_here() -> tuple[Path, ...]:
    from interfaces.course_folders import course_folders
    from rag.config import load_settings

    # Settings that are wrong are told by the command that is then run with an index.
    with suppress(MonitoriaError):
        return course_folders(load_settings())
    return ()


if __name__ == "__main__":
    main()
