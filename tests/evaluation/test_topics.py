"""Topic files: JSON Lines and CSV alike, unknown keys kept, every bad line named."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.topics import GoldSpan, read_topics
from rag.errors import UsageError
from tests.conftest import SAMPLE


def gold(start_s: str, end_s: str) -> str:
    span = f'{{"lecture_id": "aula-01", "start_s": {start_s}, "end_s": {end_s}}}'
    return f'{{"id": "a", "question": "x", "gold": [{span}]}}'


def choices(listed: str) -> str:
    return f'{{"id": "a", "question": "x", "choices": [{listed}]}}'


def test_json_lines_and_csv_give_the_same(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text(
        '\ufeff{"id": "a", "question": "o quê?", "answerable": true, "mine": 3,'
        ' "gold": [{"lecture_id": "aula-01", "start_s": 5, "end_s": 9.5}]}\n\n',
        encoding="utf-8",
    )
    (tmp_path / "t.csv").write_text(
        "id,question,answerable,gold\n"
        'a,o quê?,true,"[{""lecture_id"": ""aula-01"", ""start_s"": 5, ""end_s"": 9.5}]"\n',
        encoding="utf-8",
    )
    (from_json,), (from_csv,) = read_topics(tmp_path / "t.jsonl"), read_topics(tmp_path / "t.csv")
    assert from_json.gold == from_csv.gold == (GoldSpan("aula-01", 5.0, 9.5),)
    assert (from_json.topic_id, from_json.question, from_json.answerable) == ("a", "o quê?", True)
    assert from_json.record["mine"] == 3


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ('{"id": "a", "question": "x"}\nnot json', "t.jsonl:2"),
        ('{"id": "a", "question": "x"}\n[1]', "t.jsonl:2"),
        ('{"id": "a"}', "t.jsonl:1"),
        ('{"id": "a", "question": " "}', "t.jsonl:1"),
        ('{"id": "a", "question": "x"}\n{"id": "a", "question": "y"}', "repeated id 'a'"),
        ('{"id": "a", "question": "x", "gold": [{"start_s": 1}]}', "gold needs lecture_id"),
        ('{"id": "a", "question": "x"}\n{"id": true, "question": "x"}', "t.jsonl:2: id is True"),
        ('{"id": "", "question": "x"}', "t.jsonl:1: id is ''"),
        ('{"id": " ", "question": "x"}', "t.jsonl:1: id is ' '"),
        ('{"id": 1.5, "question": "x"}', "t.jsonl:1: id is 1.5"),
        ('{"id": "a", "question": "x", "gold": {"lecture_id": "a"}}', "t.jsonl:1: gold is .* not a list"),
        ('{"id": "a", "question": "x", "gold": [{"lecture_id": null}]}', "gold needs lecture_id"),
        (gold('"NaN"', "9"), "t.jsonl:1: start_s of gold is 'NaN'"),
        (gold("NaN", "9"), "t.jsonl:1: start_s of gold is nan"),
        (gold("1", "Infinity"), "t.jsonl:1: end_s of gold is inf"),
        (gold("true", "9"), "t.jsonl:1: start_s of gold is True"),
        (gold("9", "1"), "t.jsonl:1: gold ends at 1.0 s"),
        (gold("9", "9"), "t.jsonl:1: gold ends at 9.0 s"),
        ('{"id": "a", "question": "x", "answerable": "false"}', "t.jsonl:1: answerable is 'false', not true or false"),
        ('{"id": "a", "question": "x", "reference_answer": ["y"]}', r"reference_answer is \['y'\], not a text"),
        ('{"id": "a", "question": "x", "type": {}}', "type is {}, not a text"),
        (choices('{"text": "x", "correct": true}, "y"'), "'y' in choices is no object with text"),
        (choices('{"text": " "}, {"text": "y"}'), "' '.* in choices is no object with text"),
        (choices('{"text": "x", "correct": "true"}, {"text": "y"}'), "'true'} in choices is no object"),
        (choices('{"text": "x"}, {"text": "x", "correct": true}'), "choices has 'x' twice"),
        (choices('{"text": "x"}'), "choices has 1, not 2 to 26"),
        (choices(", ".join(f'{{"text": "{n}"}}' for n in range(27))), "choices has 27, not 2 to 26"),
        ('{"id": "a", "question": "x", "choices": "y"}', "choices is 'y', not a list"),
        ("[" * 100_000, "t.jsonl:1"),
        ("", "holds no topic"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, content: str, place: str) -> None:
    (tmp_path / "t.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=place):
        read_topics(tmp_path / "t.jsonl")


def test_choices_and_what_a_report_groups_by(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text(
        choices('{"text": "x"}, {"text": "y", "correct": true}, {"text": "z", "correct": true}')
        + '\n{"id": "b", "question": "x", "type": "why", "lecture_id": "aula-02", "reference_answer": 3,'
        ' "gold": [{"lecture_id": "aula-01"}]}\n' + gold("1", "2").replace('"a"', '"c"', 1),
        encoding="utf-8",
    )
    several, why, plain = read_topics(tmp_path / "t.jsonl")
    assert [(choice.text, choice.correct) for choice in several.choices] == [("x", False), ("y", True), ("z", True)]
    assert (several.correct, several.type, several.lecture_id) == ((1, 2), "multiple-choice", None)
    assert (why.correct, why.type, why.lecture_id, why.reference_answer) == ((), "why", "aula-02", "3")
    assert (plain.type, plain.lecture_id) == (None, "aula-01")


def test_choices_in_a_csv(tmp_path: Path) -> None:
    listed = '"[{""text"": ""x"", ""correct"": true}, {""text"": ""y""}]"'
    (tmp_path / "t.csv").write_text(f"id,question,choices\na,b,{listed}\n", encoding="utf-8")
    assert read_topics(tmp_path / "t.csv")[0].correct == (0,)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_may_be_separated_as_spreadsheets_do(tmp_path: Path, separator: str) -> None:
    rows = [["id", " question", "answerable"], ["a", '"quem, quando; e onde?"', "sim"]]
    (tmp_path / "t.csv").write_text("\n".join(separator.join(row) for row in rows), encoding="utf-8")
    [topic] = read_topics(tmp_path / "t.csv")
    assert (topic.topic_id, topic.question, topic.answerable) == ("a", "quem, quando; e onde?", True)


def test_no_such_file_and_no_utf8(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="could not be read"):
        read_topics(tmp_path / "none.jsonl")
    (tmp_path / "t.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="UTF-8"):
        read_topics(tmp_path / "t.jsonl")


def test_the_sample_course_has_what_it_promises() -> None:
    topics = read_topics(SAMPLE / "topics.jsonl")
    assert len(topics) == 48
    assert sum(topic.answerable is False for topic in topics) == 8
    assert sum(topic.record["language"] == "en" for topic in topics) == 8
    assert all(topic.gold and topic.reference_answer for topic in topics if topic.answerable)
