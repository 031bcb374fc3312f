"""The report of a judged run: its figures by hand, its words as text, the same bytes every time."""

from __future__ import annotations

import csv
import io
import json
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from corpus.language import set_interface_language
from eval.grading import answer_sha256
from eval.ragas.scores import RagasScore
from eval.ragas.scores import to_record as ragas_record
from eval.report.files import keep_annotations
from eval.report.gathered import gather
from eval.report.groups import failures, groups
from eval.report.markdown import escaped
from eval.report.scores import means, score_all, verdict_of
from eval.report.trust import compared, corrected
from eval.report.trust_page import agreement_lines
from rag.errors import UsageError
from tests.evaluation.judged_folder import (
    ANSWERS,
    JUDGEMENTS_OF_ALL,
    annotation,
    answer,
    folder,
    hit,
    judgement,
    report,
    span,
    topic,
)

pytestmark = pytest.mark.usefixtures("portuguese")


def test_every_mean_by_hand_and_over_how_many(tmp_path: Path) -> None:
    gathered = gather(folder(tmp_path))
    found = {
        name: (round(one.value, 3), one.n, one.n_topics) for name, one in means(score_all(gathered).values()).items()
    }
    # q1 has 1 and q2 a third; q4 has no answer and q5 no score: two of four that the lectures answer.
    assert found["AR"] == (0.667, 2, 4)
    # q1 2 of 3, q2 none; q3 is not judged so; q4 and q5 have no reference.
    assert found["reference"] == (0.333, 2, 3)
    assert found["correct"] == (0.0, 2, 3)
    # q1 hits; q2 looks elsewhere; q4 was not even answered and still counts.
    assert found["hit@1"] == (0.333, 3, 3)
    assert found["declined (unanswerable)"] == (1.0, 1, 1)
    assert found["declined (answerable)"] == (0.0, 3, 4)
    assert found["rightly declined"] == (1.0, 1, 1)
    # q5 cites a reference that is not there.
    assert found["citations hold"] == (0.667, 3, 3)
    assert found["link_offset_s"] == (5.0, 1, 1)


def test_what_failed_where_and_who_is_with_whom(tmp_path: Path) -> None:
    gathered = gather(folder(tmp_path))
    assert list(failures(gathered).values()) == [1, 1, 0, 0, 1]  # q4 unanswered, q2 elsewhere, q1 only P
    assert {name: [e.topic.topic_id for e in entries] for name, entries in groups(gathered, "lecture").items()} == {
        "a": ["q1", "q4"], "b": ["q2"], "—": ["q3", "q5"],
    }  # fmt: skip
    assert list(groups(gathered, "type")) == ["x", "y"]


def test_people_are_people_and_programs_are_called_programs(tmp_path: Path) -> None:
    said = [
        annotation("q1", "ana", "person", "C"),
        annotation("q2", "ana", "person", "I"),
        annotation("q1", "bia", "person", "P"),
        annotation("q2", "robô", "program", "I"),
        annotation("q1", "robô", "program", "C"),
    ]
    gathered = gather(folder(tmp_path, annotations=said))
    assert [one.people for one in gathered.entries] == ["P", "I", None, None, None]  # two people: the worse middle
    pairs = {(pair.between, pair.first, pair.second): pair.agreement for pair in compared(gathered)}
    assert set(pairs) == {
        ("judge and people", "embedded:j (ar)", "people"),
        ("judge and people", "embedded:j (reference)", "people"),
        ("judge and program", "embedded:j (ar)", "robô"),
        ("judge and program", "embedded:j (reference)", "robô"),
        ("people and program", "people", "robô"),
        ("people", "ana", "bia"),
    }
    assert pairs["judge and people", "embedded:j (ar)", "people"].table["C"] == {"I": 0, "P": 1, "C": 0}
    assert {name for name, _ in corrected(gathered)} == {
        "ar, people",
        "ar, robô",
        "reference, people",
        "reference, robô",
    }
    text = report(tmp_path / "j")["report.md"]
    assert "robô (programa)" in text
    assert "**Anotação manual**: P" in text
    assert "juiz e pessoas: embedded:j (ar) (linhas) × pessoas (colunas)" in text
    assert "depois de ver" not in text


def test_annotations_that_were_not_blind_are_counted_by_annotator(tmp_path: Path) -> None:
    said = [
        annotation("q1", "ana", "person", "I", at="2026-11-25T10:00:00Z", blind=False),
        annotation("q1", "ana", "person", "C", at="2026-11-25T11:00:00Z"),  # she thought again: this word counts
        annotation("q2", "ana", "person", "I", blind=False),
        annotation("q3", "ana", "person", "C", blind=False),
        annotation("q1", "<b>bia</b>", "person", "P", blind=False),
        annotation("q2", "eva", "person", "P"),
    ]
    gathered = gather(folder(tmp_path, annotations=said))
    texts = report(tmp_path / "j")
    told = [line for line in texts["report.md"].splitlines() if "depois de ver" in line]
    assert [line.replace("\\", "").split(" anot")[0] for line in told] == ["<b>bia</b>: 1 de 1", "ana: 2 de 3"]
    assert "1 de 1 anotação feita depois" in told[0]
    assert "<b>bia</b>" not in texts["report.html"]
    assert agreement_lines(gathered)[:2] == [
        f"{who} depois de ver o que o juiz ou outras pessoas dizem, e não às cegas."
        for who in ("<b>bia</b>: 1 de 1 anotação feita", "ana: 2 de 3 anotações feitas")
    ]


def test_only_programs_annotated_and_the_report_says_so(tmp_path: Path) -> None:
    said = [annotation("q1", "robô", "program", "C"), annotation("q2", "robô", "program", "I")]
    text = report(folder(tmp_path, annotations=said))["report.md"]
    assert "Nenhuma pessoa anotou estas respostas" in text
    assert "**Anotação manual**: —" in text
    assert "corretas, por pessoas" not in text


def test_a_judge_that_failed_has_no_score_and_the_report_says_why(tmp_path: Path) -> None:
    text = report(folder(tmp_path))["report.md"]
    assert "sem nota (unreadable): o texto não é um julgamento" in text
    assert "1 resposta sem nota (unreadable 1)" in text
    assert "| AR (perguntas que as aulas respondem) | 0.67 | [0.33, 1.00] (n = 2: nada diz) | 2/4 |" in text


def test_a_judge_that_failed_everywhere_leaves_no_mean(tmp_path: Path) -> None:
    silent = [judgement(key, None, error="calado", cause="timeout") for key in ("q1", "q2", "q3", "q5")]
    text = report(folder(tmp_path, silent))["report.md"]
    assert "| AR (perguntas que as aulas respondem) | — | — | 0/4 |" in text
    assert "4 respostas sem nota (timeout 4)" in text


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_nothing_said_or_written_becomes_markup(tmp_path: Path) -> None:
    texts = report(folder(tmp_path))
    for shown in (texts["report.html"], MarkdownIt("commonmark", {"html": True}).render(texts["report.md"])):
        tags = Tags()
        tags.feed(shown)
        assert not {"script", "img", "iframe", "object"} & {tag for tag, _ in tags.seen}
        links = [attributes.get("href") or "" for tag, attributes in tags.seen if tag == "a"]
        assert all(link.startswith(("https://v.example/", "#")) for link in links)
        headings = [attributes for tag, attributes in tags.seen if tag == "h1"]
        assert len(headings) == 1
    assert "não é título" in texts["report.md"]


@pytest.mark.parametrize("text", ["a*b*c", "__init__", "x ~~y~~", "&lt;b&gt;", "\\<i>", "`code`", "1 < 2 & 3"])
def test_what_is_escaped_is_shown_as_it_was(text: str) -> None:
    shown = MarkdownIt("commonmark", {"html": True}).enable("strikethrough").render(escaped(text))
    plain = io.StringIO()

    class Words(HTMLParser):
        def handle_data(self, data: str) -> None:
            plain.write(data)

    Words().feed(shown)
    assert plain.getvalue().strip() == text


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    first = report(folder(tmp_path / "one"))
    again = report(folder(tmp_path / "two", reversed(JUDGEMENTS_OF_ALL)))
    assert first == again


def test_in_english_by_a_switch(tmp_path: Path) -> None:
    set_interface_language("en")
    texts = report(folder(tmp_path))
    assert "**Question q1**: Pergunta de q1?" in texts["report.md"]
    assert '<html lang="en">' in texts["report.html"]
    assert "Pergunta q1" not in texts["report.md"]


def test_tables_for_whoever_computes_on(tmp_path: Path) -> None:
    texts = report(folder(tmp_path, annotations=[annotation("q1", "ana", "person", "C")]))
    rows = list(csv.DictReader(io.StringIO(texts["results.csv"])))
    assert [row["topic_id"] for row in rows] == ["q1", "q2", "q3", "q4", "q5"]
    assert (rows[0]["verdict"], rows[0]["verdict_by"], rows[0]["AR"], rows[0]["annotation_ana"]) == (
        "C",
        "people",
        "1.0",
        "C",
    )
    assert (rows[4]["AR"], rows[3]["answer"]) == ("", "")
    results = [json.loads(line) for line in texts["results.jsonl"].splitlines()]
    assert results[4]["scores"]["AR"] is None
    assert results[0]["annotations"][0]["annotator_kind"] == "person"


def test_a_cell_that_a_spreadsheet_would_run(tmp_path: Path) -> None:
    place = folder(tmp_path, [], answers=[answer("q1", "=HYPERLINK(1)", [hit("a", 0.0)])])
    rows = list(csv.DictReader(io.StringIO(report(place)["results.csv"])))
    assert rows[0]["answer"] == "'=HYPERLINK(1)"


def test_an_answer_that_changed_is_not_what_was_judged(tmp_path: Path) -> None:
    place = folder(tmp_path, answers=[answer("q1", "Outra coisa [1].", [hit("a", 0.0)]), *ANSWERS[1:]])
    judged = [one for one in JUDGEMENTS_OF_ALL if one.topic_id == "q1"]
    gathered = gather(place)
    assert gathered.stale == len(judged)
    assert gathered.entries[0].judgements == {}


def test_annotations_are_kept_once(tmp_path: Path) -> None:
    place, said = folder(tmp_path), [annotation("q1", "ana", "person", "C", at="2026-11-25T10:00:00Z")]
    keep_annotations(place, said)
    path = keep_annotations(place, said)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1


def test_sixty_questions_of_ten_segments_within_ten_seconds(tmp_path: Path) -> None:
    names = [f"n{number:02d}" for number in range(60)]
    topics = [topic(name, answerable=True, gold=[span("a", 0, 60)], type=name[:2]) for name in names]
    words = "palavra " * 300
    answers = [answer(name, f"É {name} [1].", [hit("a", 60.0 * n, n + 1, words) for n in range(10)]) for name in names]
    judged = [judgement(name, n % 4, answers=answers) for n, name in enumerate(names)]
    said = [
        annotation(name, who, kind, "CPI"[(n + len(who)) % 3], answers)
        for n, name in enumerate(names)
        for who, kind in (("ana", "person"), ("beto", "person"), ("robô", "program"))
    ]
    place = folder(tmp_path, judged, said, topics=topics, answers=answers)
    started = time.perf_counter()
    texts = report(place)
    assert time.perf_counter() - started < 10
    assert texts["report.md"].count("- *Corpus ID:*") == 600


@pytest.mark.parametrize(
    ("spoil", "names"),
    [
        (lambda place: (place / "judging.json").unlink(), "monitoria eval judge"),
        (lambda place: (place / "judging.json").write_text("{}"), "judging.json"),
        (lambda place: (place.parent / "answers.jsonl").unlink(), "answers.jsonl"),
    ],
)
def test_a_folder_that_is_none_is_named(tmp_path: Path, spoil: object, names: str) -> None:
    place = folder(tmp_path)
    spoil(place)  # type: ignore[operator]
    with pytest.raises(UsageError, match=names):
        gather(place)


def test_ragas_stands_in_the_report_by_the_model_that_its_manifest_names(tmp_path: Path) -> None:
    place = folder(tmp_path)
    key = answer_sha256(ANSWERS[0])
    made = [
        RagasScore("q1", "faithfulness", 0.5, "embedded:x", "pt", answer_sha256=key),
        RagasScore("q1", "faithfulness", 1.0, "openai:y", "pt", answer_sha256=key),
        RagasScore(
            "q1", "answer_accuracy", None, "embedded:x", "pt", error="calado", cause="timeout", answer_sha256=key
        ),
        RagasScore("q1", "context_recall", 1.0, "embedded:x", "pt", answer_sha256="0" * 64),  # of another answer
    ]
    lines = [json.dumps(ragas_record(one)) + "\n" for one in made]
    (place / "ragas.jsonl").write_text("".join([*lines, '{"topic_id": "q2", "met']), encoding="utf-8")  # a kill
    (place / "ragas.json").write_text('{"llm": "embedded:x"}\n', encoding="utf-8")
    text = report(place)["report.md"]
    assert "| faithfulness | 0.50 | [0.50, 0.50] (n = 1: nada diz) | 1/1 | — |" in text
    assert "| answer_accuracy | — | — | 0/1 | timeout 1 |" in text
    assert "context_recall" not in text


def test_multiple_choice_is_scored_by_the_choice(tmp_path: Path) -> None:
    choices = [{"text": "um", "correct": False}, {"text": "dois", "correct": True}, {"text": "três", "correct": False}]
    topics = [topic(name, choices=choices, reference_answer="dois") for name in ("m1", "m2", "m3")]
    answers = [answer("m1", "B) dois", choice=[1]), answer("m2", "A", choice=[0]), answer("m3", "?", choice=None)]
    gathered = gather(folder(tmp_path, [judgement("m1", 0, answers=answers)], topics=topics, answers=answers))
    found = means(score_all(gathered).values())
    # What could not be read is not wrong, and is missing from the coverage.
    assert (found["choice"].value, found["choice"].n, found["choice"].n_topics) == (0.5, 2, 3)
    assert found["choice by a guess"].value == pytest.approx(1 / 3)
    assert [verdict_of(entry) for entry in gathered.entries] == [("C", "choice"), ("I", "choice"), (None, "choice")]
