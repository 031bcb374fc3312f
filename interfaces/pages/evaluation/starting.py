"""The form of a new run: which questions, what is judged, by whom."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from corpus.errors import MonitoriaError
from corpus.language import how_many, say
from eval.judging.judgements import KINDS, Kind
from eval.report.figures import short
from interfaces.pages.context import Context
from interfaces.pages.evaluation.wording import kind_name, names_of, rule_text
from interfaces.pages.noticing import noticed
from interfaces.pages.plain import plain
from interfaces.service import evaluating
from interfaces.service.evaluating import LARGEST_FILE_MB, LEAST_SCORES, MOST_TIMES, Questions
from interfaces.service.plans import Plan


def show(context: Context) -> None:
    """Show the form."""
    questions = _questions(context)
    if questions is None:
        return
    n = len(questions.topics)
    referenced = sum(bool(topic.reference_answer) for topic in questions.topics)
    st.caption(
        say(
            f"{how_many(n, 'pergunta', 'perguntas')}, {referenced} com resposta de referência.",
            f"{how_many(n, 'question', 'questions')}, {referenced} with a reference answer.",
        )
    )
    most = st.number_input(
        say("Quantas perguntas, tiradas do arquivo todo", "How many questions, taken from all over the file"),
        min_value=1,
        max_value=n,
        value=n,
        key=f"most-{n}",
    )
    kinds = st.pills(
        say("O que julgar", "What to judge"),
        KINDS,
        selection_mode="multi",
        default=KINDS,
        format_func=kind_name,
        key="kinds",
    )
    plan = _plan(context, tuple(kinds))
    name = st.text_input(
        say("Nome desta avaliação", "Name of this evaluation"), value=questions.name, key="name", max_chars=120
    )
    questions = replace(questions, name=name.strip() or questions.name)
    st.button(
        say("Começar", "Start"),
        type="primary",
        icon=":material/play_arrow:",
        key="start",
        disabled=not kinds,
        on_click=partial(_start, context, questions, plan, int(most)),
    )


def _plan(context: Context, kinds: tuple[Kind, ...]) -> Plan:
    llm = context.desk.settings.llm
    judge = st.text_input(
        say("Juiz", "Judge"),
        value=llm.spec if llm.spec != "none" else "embedded",
        key="judge",
        help=say("embedded, ou PROVEDOR:NOME como openai:NOME", "embedded, or PROVIDER:NAME such as openai:NAME"),
        max_chars=200,
    )
    at_server = False
    if llm.base_url is not None:
        at_server = st.checkbox(
            say("O juiz atende no servidor configurado (llm.base_url)", "The judge is at the server of the settings"),
            value=True,
            key="at-server",
        )
    answers = st.text_input(
        say("Quem responde (vazio: o modelo da conversa)", "Who answers (empty: the chat's model)"),
        key="answers-by",
        help=say(
            "none responde só com trechos, sem modelo; para comparar modelos, PROVEDOR:NOME",
            "none answers by quotes alone, without a model; to compare models, PROVIDER:NAME",
        ),
        max_chars=200,
    )
    plan = Plan("", kinds, judge, at_server, answers)
    with st.expander(say("Mais opções", "More options"), type="compact", key="options"):
        return _options(plan)


def _options(plan: Plan) -> Plan:
    """What most runs leave as it is."""
    repeat = st.number_input(
        say("Quantas vezes o juiz julga cada resposta", "How many times the judge judges each answer"),
        min_value=1,
        max_value=MOST_TIMES,
        value=plan.repeat,
        key="repeat",
        help=say(
            "A partir de duas, o relatório diz até onde o juiz concorda consigo mesmo. Cada vez demora o mesmo.",
            "From two on, the report says how far the judge agrees with itself. Each time takes as long.",
        ),
    )
    least = (plan.partial_from, plan.correct_from)
    partial_from, correct_from = st.select_slider(
        say("De que nota em diante é P, e de que nota é C", "From which score on it is P, and from which C"),
        LEAST_SCORES,
        value=least,
        format_func=short,
        key="least-scores",
    )
    st.caption(rule_text(partial_from, correct_from))
    reasoned = st.checkbox(
        say("O modelo embutido também escreve razões", "The embedded model, too, writes reasons"),
        key="reasoned",
        disabled=plan.judge.strip() != "embedded",
        help=say(
            "Contra a referência ele é pesado, o que acerta mais: pela chance que dá a três palavras e pelas palavras "
            "da referência que a resposta tem. Outros juízes sempre escrevem razões.",
            "Against the reference it is weighed, which is right more often: by the odds that it gives three words and "
            "by the reference's words that the answer has. Other judges always write reasons.",
        ),
    )
    return replace(
        plan,
        repeat=int(repeat),
        partial_from=partial_from,
        correct_from=correct_from,
        reasoned=reasoned and plan.judge.strip() == "embedded",
    )


def _questions(context: Context) -> Questions | None:
    desk, person = context.desk, context.person
    names = {
        "upload": say("Enviar um arquivo", "Send a file"),
        "server": say("Da pasta do servidor", "From the server's folder"),
        "run": say("De outra avaliação", "Of another evaluation"),
    }
    before = evaluating.evaluations(desk, person, context.about.course_id)
    there = evaluating.server_files(desk, person)
    offered = [name for name in names if name == "upload" or (before if name == "run" else there)]
    source = "upload"
    if len(offered) > 1:
        source = st.segmented_control(
            say("Perguntas", "Questions"),
            offered,
            format_func=names.__getitem__,
            default="upload",
            required=True,
            key="source",
        )
    try:
        if source == "server":
            name = st.selectbox(say("Arquivo", "File"), there, key="server-file")
            return evaluating.questions_from_server(desk, person, name)
        if source == "run":
            by_id = names_of(context, before)
            chosen = st.selectbox(
                say("Avaliação", "Evaluation"), list(by_id), format_func=by_id.__getitem__, key="questions-of"
            )
            return evaluating.questions_from_run(desk, person, chosen)
        return _uploaded(context)
    except MonitoriaError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None


def _uploaded(context: Context) -> Questions | None:
    file = st.file_uploader(
        say("Arquivo de perguntas", "File of questions"),
        type=["jsonl", "json", "csv", "md", "txt"],
        max_upload_size=LARGEST_FILE_MB,
        key="topics-file",
    )
    st.caption(
        say(
            "Texto com uma pergunta por linha, CSV ou JSONL com a coluna pergunta, SQuAD, autoavaliações ou provas em "
            f"Markdown; até {LARGEST_FILE_MB} MB.",
            "Text with a question a line, CSV or JSONL with a column question, SQuAD, self-assessments or exams in "
            f"Markdown; up to {LARGEST_FILE_MB} MB.",
        )
    )
    if file is None:
        return None
    return evaluating.questions_from_upload(context.desk, context.person, file.name, file.getvalue())


def _start(context: Context, questions: Questions, plan: Plan, most: int) -> None:
    with noticed():
        course = context.about.course_id
        run = evaluating.start(context.desk, context.person, course, questions, plan, most)
        st.query_params["run"] = run.run_id
        st.query_params.pop("part", None)
