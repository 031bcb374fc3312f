"""The parts of the evaluation page: all runs, one run and what can be done with it, two runs compared."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from corpus.language import how_many, say
from eval.report.figures import for_people
from interfaces.history.errors import NotKept
from interfaces.pages.context import Context
from interfaces.pages.empty import course_here
from interfaces.pages.evaluation import annotate, compare, files, overview, questions, report, watch
from interfaces.pages.evaluation.wording import answers_by, kind_name, options_text, run_name
from interfaces.pages.moments import moment
from interfaces.pages.noticing import noticed, show_notice
from interfaces.pages.parts import Part, chosen_part
from interfaces.pages.plain import plain
from interfaces.service import annotating, evaluating
from interfaces.service.evaluating import Standing

# Ours alone: nothing from a person, a lecture or a model is ever in it.
_STYLE = """<style>
[data-testid="stMainBlockContainer"] { max-width: 62rem; padding-bottom: 2rem; }
::placeholder { color: light-dark(#5c5f66, #a9adb3) !important; opacity: 1 !important; }
.st-key-options summary { opacity: 1; }
[data-testid="InputInstructions"], [data-testid="stFileUploaderDropzoneInstructions"] { display: none; }
[data-testid^="stBaseButton-primary"]:not(:disabled), [data-testid^="stBaseButton-primary"]:not(:disabled) p {
  color: light-dark(#fff, #16181b);
}
[class*="st-key-asked-"] h2, [class*="st-key-asked-"] h3 { padding: .2rem 0 .4rem; overflow-wrap: anywhere; }
.st-key-overview [class*="st-key-open-"] button > div { justify-content: flex-start; text-align: left; }
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-verdicts-"]) {
  position: sticky; bottom: 0; z-index: 2; padding: .6rem 0 .8rem; background: light-dark(#fdfcfa, #16181b);
}
@media (max-width: 640px) {
  [data-testid="stTable"] th, [data-testid="stTable"] td {
    overflow-wrap: normal; padding: .25rem .1rem; font-size: .75rem;
  }
  [data-testid="stTable"] th * { overflow-wrap: anywhere; }
  .st-key-pair > * { flex: 1 1 100% !important; }
}
</style>"""

Show = Callable[[Context, str], None]


def page(context: Context) -> None:
    """Show the page."""
    if course_here(context) is None:
        return
    with for_people():
        _page(context)


def _page(context: Context) -> None:
    st.html(_STYLE)
    standing = _current(context)
    show_notice()
    if standing is not None:
        _run(context, standing)
    elif st.query_params.get("part") == "compare":
        _back()
        compare.show(context)
    else:
        overview.show(context)


def _current(context: Context) -> Standing | None:
    """The run that the address names; one that is gone is told, and is none."""
    named = st.query_params.get("run")
    if not named:
        return None
    try:
        found = evaluating.evaluation(context.desk, context.person, named)
        if found.run.course == context.about.course_id:
            return found
    except NotKept as error:
        st.error(plain(str(error)), icon=":material/error:")
    st.query_params.pop("run", None)
    return None


def _back() -> None:
    def go() -> None:
        for name in ("run", "part"):
            st.query_params.pop(name, None)

    st.button(say("Avaliações", "Evaluations"), icon=":material/arrow_back:", type="tertiary", key="back", on_click=go)


def _run(context: Context, standing: Standing) -> None:
    run, plan = standing.run, standing.plan
    _back()
    st.title(plain(run_name(standing)), anchor=False)
    if plan is not None:
        told = [
            moment(run.created_at),
            say(how_many(run.of, "pergunta", "perguntas"), how_many(run.of, "question", "questions")),
            say("quem responde: ", "answers by: ") + answers_by(context, plan),
            say("juiz: ", "judge: ") + plan.judge,
            ", ".join(map(kind_name, plan.kinds)),
            *options_text(plan),
        ]
        st.caption(plain(" · ".join(told)))
    watch.show(context, standing)
    parts: list[Part[Show]] = []
    if standing.judged:
        parts.append(Part("report", "Relatório", "Report", report.show))
        parts.append(Part("questions", "Perguntas", "Questions", questions.show))
    if standing.answered and run.done:
        parts.append(Part("annotate", "Anotar", "Annotate", annotate.show))
    if run.ended and run.done:
        parts.append(Part("files", "Baixar", "Download", files.show))
    if parts:
        label = say("Parte desta avaliação", "Part of this evaluation")
        chosen = chosen_part(parts, label, parameter="part")
        if chosen.name == "report" and any(part.name == "annotate" for part in parts):
            _hint(context, run.run_id)
        chosen.show(context, run.run_id)
    if run.ended:
        _delete(context, standing)


def _hint(context: Context, run_id: str) -> None:
    """Say what spoils annotating before it is spoilt."""
    standing = annotating.annotating(context.desk, context.person, run_id)
    if standing.done == 0 and standing.look is None:
        st.caption(
            say(
                "Para anotar às cegas, anote antes de abrir Perguntas ou baixar arquivos: lá está o que o juiz diz de "
                "cada resposta.",
                "To annotate blind, annotate before you open Questions or download files: they have what the judge "
                "says of each answer.",
            )
        )


def _delete(context: Context, standing: Standing) -> None:
    run = standing.run
    if run.person_id != context.person.person_id and "admin" not in context.person.roles:
        return
    with st.expander(say("Apagar esta avaliação", "Delete this evaluation")):
        st.markdown(
            say(
                "Respostas, julgamentos e as anotações de todas as pessoas vão junto, e não voltam.",
                "Answers, judgements and everybody's annotations go with it, and do not come back.",
            )
        )
        sure = st.checkbox(say("Quero apagar", "I want to delete it"), key=f"sure-{run.run_id}")
        st.button(
            say("Apagar", "Delete"),
            icon=":material/delete:",
            disabled=not sure,
            key=f"delete-{run.run_id}",
            on_click=partial(_deleted, context, run.run_id),
        )


def _deleted(context: Context, run_id: str) -> None:
    with noticed():
        evaluating.delete(context.desk, context.person, run_id)
        st.query_params.pop("run", None)
        st.query_params.pop("part", None)
