"""The segments page in Streamlit's own test harness: sections by role, what each says, both languages."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from interfaces.history.conversations import add_turn, set_state, start_conversation
from interfaces.history.records import Person
from interfaces.service import correcting
from rag.exchange import answer_record
from tests.app.harness import press, run, said
from tests.interfaces.service.teaching import Teaching
from tests.rag.corrections.correcting import HEARD, SAID, srt


def _script(desk, person, course, language) -> None:
    from corpus.language import set_interface_language
    from interfaces.pages.context import Context
    from interfaces.pages.segments import page

    # A run is in a thread of its own, which knows no language yet.
    set_interface_language(language)
    page(Context(desk, person, desk.courses.course(course)))


def shown(teaching: Teaching, person: Person, language: str = "en", **address: str) -> AppTest:
    arguments = (teaching.desk, person, teaching.course, language)
    app = AppTest.from_function(_script, args=arguments, default_timeout=30)
    for name, value in address.items():
        app.query_params[name] = value
    return run(app)


def search(app: AppTest, question: str) -> AppTest:
    app.text_input(key="search-question").set_value(question)
    return press(app, "Search")


@pytest.mark.parametrize(
    ("name", "sections"),
    [("ines", ["Search", "Corrections", "Questions", "Upload", "Index"]), ("rui", ["Search", "Index"])],
)
def test_each_role_has_its_sections_and_no_address_opens_another(
    teaching: Teaching, name: str, sections: list[str]
) -> None:
    person = getattr(teaching, name)
    app = shown(teaching, person)
    assert [option.content for option in app.segmented_control(key="section").proto.options] == sections
    app = shown(teaching, person, s="upload", e=str(teaching.misheard()))
    assert bool(app.get("file_uploader")) == (name == "ines")
    assert not app.text_area


def test_a_search_shows_stages_words_and_the_nearest_cue(teaching: Teaching) -> None:
    app = search(shown(teaching, teaching.rui), "festa api em jasom")
    (table,) = app.table
    assert list(table.value.columns) == [
        "Segment", "Vectors", "Windows", "Words", "Late interaction", "Neighbours", "Fusion",
    ]  # fmt: skip
    assert "#1" in table.value["Fusion"].iloc[0]
    assert "jasom → **jason**" in said(app)
    assert ":blue-background[Jason]" in said(app)
    assert "The nearest cue (00:30)" in said(app)
    assert not [button for button in app.button if button.label == "Correct the text"]


def test_an_empty_question_asks_for_none_and_a_mode_shows_its_own_stage(teaching: Teaching) -> None:
    app = search(shown(teaching, teaching.ines), "   ")
    assert not app.table
    app.selectbox(key="search-mode").set_value("lexical")
    app = search(app, "rotas")
    assert list(app.table[0].value.columns) == ["Segment", "Words"]
    app = search(app, "xyzw")
    assert "No segment here has these words." in said(app)
    assert "xyzw~~ (never said)" in said(app)


def test_a_conflict_is_shown_with_a_text_to_begin_from_and_goes_when_it_is_used(teaching: Teaching) -> None:
    desk, ines = teaching.desk, teaching.ines
    identity = teaching.misheard()
    text = correcting.editable(desk, ines, teaching.course, identity).placed.segment.text
    work = correcting.correct(desk, ines, teaching.course, identity, text.replace(HEARD, SAID))
    desk.works.waited_for(ines, work.work_id, 60)
    (teaching.lectures / "aula-01.srt").write_text(srt("Pois é. " + HEARD), encoding="utf-8")
    teaching.build()
    app = shown(teaching, ines, s="corrections")
    assert "Waiting for a decision" in said(app)
    (area,) = app.text_area
    assert f"Pois é. {SAID}" in str(area.value)
    press(app, "Use this text")
    desk.works.waited_for(ines, app.session_state["work-correction"], 60)
    app = run(app)
    assert "Waiting for a decision" not in said(app)
    assert "in use" in said(app)


def test_a_question_is_one_press_from_its_segments(teaching: Teaching) -> None:
    course = teaching.desk.courses.opened(teaching.course)
    question = "o que a <script>Festa</script> API recebe?"
    talk = start_conversation(teaching.desk.history, teaching.bia.person_id, teaching.course, question)
    turn = add_turn(teaching.desk.history, talk.conversation_id, question)
    set_state(teaching.desk.history, turn.turn_id, "answering")
    set_state(teaching.desk.history, turn.turn_id, "done", record=answer_record(course.ask(question)))
    app = shown(teaching, teaching.ines, s="asked")
    assert question in said(app)
    assert "Bia" not in said(app)
    app.button(key=f"segments-{turn.turn_id}").click()
    app = run(app)
    assert app.text_input(key="search-question").value == question
    assert "cited in the answer" in said(app)


def test_an_unknown_segment_is_told_and_portuguese_is_spoken(teaching: Teaching) -> None:
    app = shown(teaching, teaching.ines, "pt", e="12")
    assert "o trecho 12 já não está no curso" in said(app)
    app = shown(teaching, teaching.ines, "pt", s="index")
    assert "Correções à espera de decisão" in list(app.table[0].value["O quê"])
