"""A whole class from a spreadsheet: what became of each line, and the passwords to hand out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from corpus.errors import MonitoriaError
from corpus.language import say
from interfaces.pages.context import Context
from interfaces.pages.plain import plain
from interfaces.service import people
from interfaces.service.enrolling import Enrolled, Outcome, passwords_csv

_RESULT = "class-result"
_EXAMPLE = "login;nome;papéis\nana@exemplo.br;Ana Lima;\nines@exemplo.br;Inês Souza;docente"
_EXAMPLE_EN = "login,name,roles\nana@example.org,Ana Lima,\nines@example.org,Ines Souza,instructor"


def show(context: Context) -> None:
    """Show the form, or what became of the class that was sent."""
    enrolled: list[Enrolled] | None = st.session_state.get(_RESULT)
    if enrolled is not None:
        _result(enrolled)
        return
    st.markdown(
        say(
            "Uma pessoa por linha, como a planilha salva em CSV. A primeira linha dá o nome das colunas: login (ou "
            "usuário, e-mail), nome e, se quiser, papéis; sem papel, é estudante. Quem já está aqui fica como está.",
            "One person a line, as a spreadsheet saves it as CSV. The first line names the columns: login (or user, "
            "e-mail), name and, if you like, roles; without a role it is a student. Whoever is here stays as she is.",
        )
    )
    st.code(say(_EXAMPLE, _EXAMPLE_EN), language=None)
    # Another number is another, empty, form.
    number = int(st.session_state.get("class-number", 0))
    with st.form(f"class-{number}", border=False, enter_to_submit=False):
        file = st.file_uploader(
            say("Arquivo CSV", "CSV file"), type=["csv", "tsv", "txt"], max_upload_size=1, key=f"class-file-{number}"
        )
        pasted = st.text_area(say("Ou cole a lista aqui", "Or paste the list here"), key=f"class-text-{number}")
        sent = st.form_submit_button(say("Acrescentar a turma", "Add the class"), type="primary")
    if sent:
        _send(context, pasted if file is None else file.getvalue(), number)


def _send(context: Context, given: bytes | str, number: int) -> None:
    words = say("Fazendo as senhas…", "Making the passwords…")
    bar = st.progress(0.0, words)

    def step(done: int, of: int) -> None:
        bar.progress(done / of, words)

    try:
        enrolled = people.add_class(context.desk, context.person, given, step)
    except MonitoriaError as error:
        bar.empty()
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.session_state[_RESULT] = enrolled
    st.session_state["class-number"] = number + 1
    st.rerun()


def _result(enrolled: Sequence[Enrolled]) -> None:
    counted = Counter(one.outcome for one in enrolled)
    added, there, refused = counted["added"], counted["there"], counted["refused"]
    box, icon = (st.warning, ":material/warning:") if refused else (st.success, ":material/check:")
    box(
        say(
            f"Acrescentadas: {added}. Já estavam aqui: {there}. Recusadas: {refused}.",
            f"Added: {added}. Already here: {there}. Refused: {refused}.",
        ),
        icon=icon,
    )
    if added:
        st.markdown(
            say(
                "As senhas são só estas: a Monitoria não as guarda. Baixe a lista agora e dê a cada pessoa a sua.",
                "The passwords are these alone: Monitoria does not keep them. Download the list now and give each "
                "person hers.",
            )
        )
        st.download_button(
            say("Baixar as senhas (CSV)", "Download the passwords (CSV)"),
            data=passwords_csv(enrolled),
            file_name=say("senhas.csv", "passwords.csv"),
            mime="text/csv",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )
    st.button(
        say("Já baixei: fechar", "I have them: close") if added else say("Fechar", "Close"),
        key="class-close",
        on_click=_close,
    )
    names: dict[Outcome, str] = {
        "added": say("acrescentada", "added"),
        "there": say("já estava", "already here"),
        "refused": say("**recusada**", "**refused**"),
    }
    shown = sorted(enrolled, key=lambda one: one.outcome != "refused")
    st.table(
        {
            say("Linha", "Line"): [str(one.number) for one in shown],
            say("Login", "Login"): [plain(one.login) for one in shown],
            say("Resultado", "Result"): [names[one.outcome] for one in shown],
            say("Observação", "Remark"): ["" if one.fault is None else plain(str(one.fault)) for one in shown],
        },
        border="horizontal",
        hide_index=True,
    )


def _close() -> None:
    st.session_state.pop(_RESULT, None)
