"""Blind annotation with the keyboard: one answer at a time, and at the end who agrees with whom."""

from __future__ import annotations

from functools import partial

import streamlit as st

from corpus.language import how_many, say
from eval.grading import Verdict
from eval.report.document import table
from eval.report.figures import few, is_few
from eval.report.wording import estimate_text, verdict_source
from interfaces.pages.context import Context
from interfaces.pages.evaluation.blindness import unless_blind
from interfaces.pages.evaluation.report import show_table
from interfaces.pages.moments import moment
from interfaces.pages.noticing import noticed
from interfaces.pages.plain import plain, with_links
from interfaces.render import lecture_label, span
from interfaces.service import annotating
from interfaces.service.annotating import Annotating, Item

# Streamlit keeps C and R for itself, so that its own shortcuts for buttons do not do. One press counts for the answer
# that is on the screen: until the next one stands there, others are passed over.
_KEYS = """<script>
if (!window.monitoriaKeys) {
  window.monitoriaKeys = true;
  let pressed = null;
  document.addEventListener("keydown", event => {
    const box = document.querySelector('[class*="st-key-verdicts-"], [class*="st-key-finished-"]');
    const key = event.key.toLowerCase();
    if (!box || key.length !== 1 || !"cpisz".includes(key)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const at = event.composedPath()[0];
    if (at.closest && at.closest('input, textarea, select, [contenteditable="true"], [role="listbox"]')) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const step = /st-key-(?:verdicts|finished)-(\\d+)/.exec(box.className)[1];
    const button = box.querySelector(`.st-key-say-${key}-${step} button`);
    if (event.repeat || pressed === step || !button || button.disabled) return;
    pressed = step;
    setTimeout(() => { if (pressed === step) pressed = null; }, 4000);
    button.click();
  }, true);
}
</script>"""


def show(context: Context, run_id: str) -> None:
    """Show the next answer, or that all are read."""
    # First, so that a key counts as soon as its button is there.
    st.html(_KEYS, unsafe_allow_javascript=True)
    skipped: list[str] = st.session_state.setdefault(f"skipped-{run_id}", [])
    standing = annotating.annotating(context.desk, context.person, run_id, skipped)
    if standing.of == 0:
        st.info(say("Ainda não há respostas.", "There are no answers yet."), icon=":material/hourglass_empty:")
        return
    _tell_of_look(standing)
    n, of = standing.done, standing.of
    read = say(f"{n} de {of} {'lida' if of == 1 else 'lidas'}", f"{n} of {of} read")
    st.progress(standing.done / standing.of, text=read)
    if standing.item is not None:
        _item(standing.item)
        _verdicts(context, run_id, standing)
        with st.expander(say("Ver a concordância agora", "See the agreement now")):
            unless_blind(context, run_id, partial(_agreement, context, run_id))
    else:
        st.success(
            say("Você leu todas as respostas. Obrigado!", "You have read every answer. Thank you!"),
            icon=":material/check:",
        )
        with st.container(key=f"finished-{_step(run_id)}"):
            _take_back(context, run_id, standing)
        _agreement(context, run_id)


def _tell_of_look(standing: Annotating) -> None:
    """Say to whom it concerns that what she says now is not blind."""
    if standing.look is None or (standing.finished and not standing.not_blind):
        return
    seen, n, of = moment(standing.look.at), standing.not_blind, standing.done
    counted_pt = f"{n} das suas {of} anotações" if of != 1 else f"{n} de 1 anotação sua"
    told = say(
        f"Em {seen} você viu o que o juiz ou outras pessoas dizem destas respostas: o que anota desde então não conta "
        f"como às cegas ({counted_pt}).",
        f"On {seen} you saw what the judge or others say of these answers: what you annotate since then does not count "
        f"as blind ({n} of your {how_many(of, 'annotation', 'annotations')}).",
    )
    st.caption(f":material/visibility: {plain(told)}")


def _item(item: Item) -> None:
    with st.container(key=f"asked-{item.answer_sha256[:12]}"):
        st.header(plain(item.question), anchor=False)
        if item.answerable is False:
            st.caption(say("O que se espera", "What is expected"))
            st.markdown(
                say(
                    "As aulas não respondem. C: diz isso. P: só mostra trechos, sem afirmar. I: responde.",
                    "The lectures do not answer. C: says so. P: only shows passages, claims nothing. I: answers.",
                )
            )
        elif item.reference_answer:
            st.caption(say("Resposta de referência", "Reference answer"))
            st.markdown(plain(item.reference_answer))
        st.caption(say("Resposta a julgar", "Answer to judge"))
        with st.container(border=True):
            st.markdown(with_links(item.answer, lambda _: None) or say("(vazia)", "(empty)"))
        if item.references:
            with st.expander(say(f"Referências ({len(item.references)})", f"References ({len(item.references)})")):
                for one in item.references:
                    name = lecture_label(one["lecture_id"], one.get("title") or "")
                    where = " · ".join(part for part in (name, span(one.get("start_s"), one.get("end_s"))) if part)
                    st.markdown(f"**\\[{one['n']}\\] {plain(where)}**  \n{plain(str(one.get('quote') or ''))}")


def _verdicts(context: Context, run_id: str, standing: Annotating) -> None:
    item = standing.item
    assert item is not None
    step = _step(run_id)
    names: dict[Verdict, str] = {
        "C": say("C · correta", "C · correct"),
        "P": say("P · parcial", "P · partial"),
        "I": say("I · incorreta", "I · incorrect"),
    }
    with st.container(key=f"verdicts-{step}", gap="xsmall"):
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            for verdict, name in names.items():
                st.button(
                    name,
                    key=f"say-{verdict.lower()}-{step}",
                    type="primary",
                    on_click=partial(_say, context, run_id, item.answer_sha256, verdict),
                )
            st.button(
                say("S · pular", "S · skip"),
                key=f"say-s-{step}",
                on_click=partial(_skip, run_id, item.answer_sha256),
            )
            _take_back(context, run_id, standing)
        st.text_input(
            say("Nota (opcional)", "Note (optional)"),
            key=f"note-{step}",
            max_chars=2000,
            placeholder=say("Nota (opcional); as teclas valem fora deste campo", "Note (optional); keys work outside"),
            label_visibility="collapsed",
        )


def _take_back(context: Context, run_id: str, standing: Annotating) -> None:
    step = _step(run_id)
    st.button(
        say("Z · desfazer", "Z · undo"),
        key=f"say-z-{step}",
        type="tertiary",
        disabled=standing.last is None,
        on_click=partial(_undo, context, run_id),
    )


def _agreement(context: Context, run_id: str) -> None:
    found = annotating.agreement(context.desk, context.person, run_id)
    if not found:
        st.info(
            say("Ninguém mais julgou estas respostas.", "Nobody else judged these answers."), icon=":material/info:"
        )
        return
    rows = []
    for one in found:
        measures = one.agreement.measures
        # Who the judge is stands above; its name here would push figures off a phone.
        named = one.whom if one.kind is None else verdict_source(one.kind)
        shown = ("kappa (none)", "kappa (quadratic)", "AC2 (quadratic)")
        rows.append(
            (
                named,
                f"{one.agreement.n}/{one.agreement.n_items}",
                estimate_text(measures["exact"]),
                *(estimate_text(measures[name]) for name in shown),
            )
        )
    header = (
        say("você e", "you and"),
        "n",
        say("iguais", "alike"),
        "κ",
        say("κ quadrático", "quadratic κ"),
        say("AC2 quadrático", "quadratic AC2"),
    )
    caption = say(
        "Concordância com intervalo bootstrap de 95 %; — onde não se define.",
        "Agreement with 95 % bootstrap intervals; — where it is not defined.",
    )
    if any(is_few(one.agreement.n) for one in found):
        caption = f"{caption} {few()}"
    with st.container(key="agreement"):
        st.header(say("Quem concorda com você", "Who agrees with you"), anchor=False)
        show_table(table(header, rows, caption))


def _step(run_id: str) -> int:
    return int(st.session_state.setdefault(f"step-{run_id}", 0))


def _say(context: Context, run_id: str, answer: str, verdict: Verdict) -> None:
    note = st.session_state.get(f"note-{_step(run_id)}") or ""
    with noticed():
        annotating.annotate(context.desk, context.person, run_id, answer, verdict, note)
    _next(run_id)


def _skip(run_id: str, answer: str) -> None:
    skipped: list[str] = st.session_state[f"skipped-{run_id}"]
    if answer in skipped:
        skipped.remove(answer)
    skipped.append(answer)
    _next(run_id)


def _undo(context: Context, run_id: str) -> None:
    with noticed():
        answer = annotating.undo(context.desk, context.person, run_id)
        skipped: list[str] = st.session_state.get(f"skipped-{run_id}", [])
        if answer in skipped:
            skipped.remove(answer)
    _next(run_id)


def _next(run_id: str) -> None:
    st.session_state[f"step-{run_id}"] = _step(run_id) + 1
