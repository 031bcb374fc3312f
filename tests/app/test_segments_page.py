"""The segments page in Streamlit's own test harness: sections by role, what each says, both languages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from interfaces.history.conversations import add_turn, append_events, set_state, start_conversation
from interfaces.history.feedback import rate
from interfaces.history.records import Person, TurnEvent, TurnState
from interfaces.pages.segments.charts import asked_maps
from interfaces.service import correcting
from interfaces.service.asked import Place
from interfaces.service.inbox import Offered
from interfaces.service.uploading import upload
from rag.exchange import answer_record
from tests.app.harness import press, run, said
from tests.interfaces.service.teaching import Teaching
from tests.rag.corrections.correcting import HEARD, SAID, srt

VTT = b"WEBVTT\n\n00:01.000 --> 00:30.000\nA fotossintese transforma luz em energia nas folhas.\n"


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
    (parts,) = (control for control in app.segmented_control if control.label == "Part of this page")
    assert [option.content for option in parts.proto.options] == sections
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
    # No model writes here, so that passages are the answer and nothing failed.
    assert "answered with" in said(app)
    assert "passages only" not in said(app)
    assert [option.content for option in app.segmented_control(key="which").proto.options] == [
        "All", "Unanswered", "Badly rated",
    ]  # fmt: skip
    app.button(key=f"segments-{turn.turn_id}").click()
    app = run(app)
    assert app.text_input(key="search-question").value == question
    assert "cited in the answer" in said(app)


@pytest.fixture
def wordless(teaching: Teaching) -> tuple[Teaching, str]:
    """A question on which a model was to write and wrote nothing that stands; badly rated."""
    desk = teaching.desk
    llm = desk.settings.llm.model_copy(update={"spec": "openai:x"})
    writes = replace(teaching, desk=replace(desk, settings=desk.settings.model_copy(update={"llm": llm})))
    question = "o que a Festa API recebe?"
    talk = start_conversation(desk.history, teaching.bia.person_id, teaching.course, question)
    turn = add_turn(desk.history, talk.conversation_id, question)
    record = answer_record(desk.courses.opened(teaching.course).ask(question))
    opening, *quotes = record["answer"].split("\n")
    # As where a model finds the last quote the likeliest.
    changed = {"llm": "openai:x", "mode": "quotes", "answer": "\n".join([opening, *reversed(quotes)])}
    set_state(desk.history, turn.turn_id, "done", record=record | changed)
    rate(desk.history, turn.turn_id, teaching.bia.person_id, "down", "não respondeu")
    return writes, turn.turn_id


def test_where_a_model_wrote_nothing_it_is_a_kind_of_its_own(wordless: tuple[Teaching, str]) -> None:
    teaching, turn_id = wordless
    app = shown(teaching, teaching.ines, s="asked")
    assert "passages only, no written answer" in said(app)
    assert "answered" not in said(app)
    assert app.table[0].value.filter(["Unanswered", "Passages only", "Badly rated"]).sum().tolist()[0] == 0
    assert (app.table[0].value["Passages only"] > 0).any()
    for kind, there in (("unanswered", False), ("passages only", True), ("badly rated", True)):
        app.segmented_control(key="which").set_value(kind)
        app = run(app)
        assert bool([one for one in app.button if one.key == f"segments-{turn_id}"]) == there, kind


def test_the_answer_that_was_given_is_read_when_it_is_opened(wordless: tuple[Teaching, str]) -> None:
    teaching, turn_id = wordless
    app = shown(teaching, teaching.ines, s="asked")
    assert not [one for one in app.subheader if one.value.startswith(r"\[")]
    app.session_state[f"given-{turn_id}"] = True
    app = run(app)
    numbers = [one.value[2 : one.value.index("\\]")] for one in app.subheader if one.value.startswith(r"\[")]
    assert len(numbers) > 3
    assert (numbers[:3], numbers[3:]) == (sorted(numbers[:3]), sorted(numbers[3:]))
    assert numbers[2] == str(len(numbers)), "the likeliest is among the first, in its place"
    assert said(app).count("The likeliest to answer") == 1
    assert "“não respondeu”" in said(app)
    assert "Bia" not in said(app)
    assert not app.get("feedback"), "an instructor rates nothing"


@pytest.mark.parametrize(
    ("state", "error", "told"),
    [
        ("stopped", None, "Whoever asked stopped this answer."),
        ("failed", "o modelo <b>caiu</b>", "o modelo <b>caiu</b>"),
    ],
)
def test_an_answer_that_never_ended_is_shown_as_far_as_it_went(
    teaching: Teaching, state: TurnState, error: str | None, told: str
) -> None:
    history = teaching.desk.history
    talk = start_conversation(history, teaching.bia.person_id, teaching.course, "?")
    turn = add_turn(history, talk.conversation_id, "?")
    append_events(history, turn.turn_id, [TurnEvent(1, "text", {"text": "O gradiente *desce*"})])
    set_state(history, turn.turn_id, state, error=error)
    app = shown(teaching, teaching.ines, s="asked")
    app.session_state[f"given-{turn.turn_id}"] = True
    app = run(app)
    assert "O gradiente *desce*" in said(app)
    assert told in said(app)


def test_only_the_newest_notice_is_shown(teaching: Teaching) -> None:
    desk, ines = teaching.desk, teaching.ines
    sent = upload(desk, ines, teaching.course, [Offered("folhas.vtt", VTT), Offered("caules.vtt", VTT)])
    desk.works.waited_for(ines, sent.work_id, 60)
    app = shown(teaching, ines, s="upload")
    app.session_state["work-upload"] = sent.work_id
    app = run(app)
    assert "2 of 2 files went into the course." in said(app)
    app.selectbox(key="take-back-name").set_value("folhas.vtt")
    app = run(app)
    app = press(app, "Take it out")
    assert "went into the course" not in said(app)
    desk.works.waited_for(ines, app.session_state["work-removal"], 60)
    app = run(app)
    assert "folhas.vtt is out of the course." in said(app)
    assert "went into the course" not in said(app)


def place(lecture_id: str, title: str, start_s: float | None, asked: int = 0, part: int | None = None) -> Place:
    end_s = None if start_s is None else start_s + 120
    return Place(1, lecture_id, title, start_s, end_s, part, asked, 0, 0, 0)


def rows_of(chart: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that a chart draws."""
    (rows,) = chart["datasets"].values()
    return list(rows)


def test_minutes_and_parts_have_an_axis_each_and_every_row_a_label() -> None:
    places = [place("a-1", "Laços", 0.0, 3), place("a-1", "Laços", 600.0), place("b", "Laços", 60.0)]
    places += [
        place("notas", "Notas", None, 1, part=1),
        place("notas", "Notas", None, part=2),
        place("c/b", "Laços", 0.0),
    ]
    spoken, written = asked_maps(places, on_dark=False)
    assert (spoken.written, written.written) == (False, True)
    drawn, parts = spoken.chart.to_dict(), written.chart.to_dict()
    assert (drawn["encoding"]["x"]["title"], parts["encoding"]["x"]["title"]) == ("minute", "part")
    # A segment's last two seconds are left blank, so that one sees where the next begins.
    assert [(row["begin"], row["end"]) for row in rows_of(drawn)][1] == (10.0, pytest.approx(718 / 60))
    assert [row["when"] for row in rows_of(parts)] == ["part 1", "part 2"]
    assert [round((row["begin"] + row["end"]) / 2, 6) for row in rows_of(parts)] == [1, 2]
    # "B · Laços" would be one row for two lectures.
    assert drawn["encoding"]["y"]["sort"] == ["A 1 · Laços", "B · Laços (b)", "B · Laços (c/b)"]
    for chart, rows in ((drawn, 3), (parts, 1)):
        assert chart["encoding"]["y"]["axis"]["labelOverlap"] is False
        assert chart["height"] == 26 * rows
        assert chart["encoding"]["color"]["condition"]["scale"]["domain"] == [1, 3]


def test_a_course_without_written_material_has_no_axis_of_parts() -> None:
    (spoken,) = asked_maps([place("a", "Laços", 0.0, 1)], on_dark=True)
    assert not spoken.written


def test_an_unknown_segment_is_told_and_portuguese_is_spoken(teaching: Teaching) -> None:
    app = shown(teaching, teaching.ines, "pt", e="12")
    assert "o trecho 12 já não está no curso" in said(app)
    app = shown(teaching, teaching.ines, "pt", s="index")
    assert "Correções à espera de decisão" in list(app.table[0].value["O quê"])
