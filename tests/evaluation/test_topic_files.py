"""Questions where courses and datasets have them: SQuAD, lists, self-assessments, exams, folders of all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.quizzes import parse_quizzes, quiz_topics
from eval.topics import GoldSpan, Topic, read_topics
from rag.errors import UsageError

QUIZ = """# Autoavaliação

1. Qual é leve?
   a) Django
   b) Flask
2. Por quê?

# Gabarito

**1** b) Flask

**2** **Resposta esperada:** Porque traz pouco.
"""
SQUAD: dict[str, Any] = {
    "version": "2.0",
    "data": [
        {
            "title": "Rede",
            "paragraphs": [
                {"context": "A rede caiu às dez.", "qas": [{"id": "a", "question": "O que caiu?", "answers": [
                    {"text": "A rede", "answer_start": 0}, {"text": "rede", "answer_start": 2},
                    {"text": "A rede", "answer_start": 0}]}]},
                {"context": "Voltou.", "qas": [
                    {"id": 7, "question": "Quem consertou?", "is_impossible": True, "answers": [],
                     "plausible_answers": [{"text": "Voltou", "answer_start": 0}]},
                    {"id": "c", "question": "O que fez?", "answers": []}]},
            ],
        },
        {"paragraphs": [{"context": "x", "qas": [{"id": "d", "question": "x?", "answers": []}]}]},
        {"title": "Rede", "paragraphs": [{"context": "y", "qas": [{"id": "e", "question": "y?", "answers": []}]}]},
    ],
}  # fmt: skip


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str, str], list[Topic]]:
    """The topics of a file with this name and text."""

    def reading(name: str, text: str) -> list[Topic]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return read_topics(path)

    return reading


def test_squad_by_hand(read) -> None:
    first, impossible, open_ended, nameless, later = read("dev.json", json.dumps(SQUAD))
    assert (first.topic_id, first.answerable, first.reference_answer) == ("a", True, "A rede")
    assert first.record["reference_answers"] == ["A rede", "rede"]
    assert first.gold == (GoldSpan("Rede/01"),)
    assert "context" not in json.dumps(first.record)
    assert (impossible.topic_id, impossible.answerable, impossible.reference_answer) == ("7", False, None)
    assert (impossible.gold, impossible.lecture_id) == ((), "Rede/02")
    assert (open_ended.answerable, open_ended.gold) == (None, (GoldSpan("Rede/02"),))
    assert (nameless.lecture_id, later.lecture_id) == ("dev/01", "Rede/03")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"data": [{"title": "x"}]}, r"data\[0\]: paragraphs is None, not a list"),
        ({"data": ["x"]}, r"data\[0\]: is 'x', not an object"),
        ({"data": [{"paragraphs": [{"context": "x"}]}]}, r"paragraphs\[0\]: qas is None"),
        ({"data": [{"paragraphs": [{"qas": [{"id": "a"}]}]}]}, r"qas\[0\]: the question is missing;"),
        ({"data": [{"paragraphs": [{"qas": [{"id": "a", "question": "?", "answers": ["x"]}]}]}]}, r"qas\[0\]: is 'x'"),
        ({"data": []}, "holds no topic; what is looked for: data → paragraphs → qas"),
        ({"data": 3}, "holds no topic"),
        ({"segments": [{"start": 0, "text": "Olá"}]}, "holds no topic"),
        ([{"text": "Olá", "start": 0}], "holds no topic"),
        ([{"id": "a", "question": "x"}, 3], r"t.json\[1\]: is 3, not an object"),
    ],
)
def test_json_that_is_something_else_is_named(read, change: object, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read("t.json", json.dumps(change))
    assert caught.value.exit_code == 2
    assert "t.json" in caught.value.pt


def test_json_may_be_a_list_of_topics_one_topic_or_lines(read) -> None:
    one = '{"id": "a", "question": "x", "mine": 3}'
    for text in (f"[{one}]", one, f"{one}\n\n"):
        [topic] = read("t.json", text)
        assert (topic.topic_id, topic.record["mine"]) == ("a", 3)
    with pytest.raises(UsageError, match=r"t\.json:2: is not JSON"):
        read("t.json", f"{one}\nx")


@pytest.mark.parametrize("suffix", [".md", ".txt", ".mdx"])
def test_a_self_assessment_has_its_key(read, suffix: str) -> None:
    choice, open_ended = read(f"aula-7{suffix}", "# Aula 7\n\nProsa.\n\n" + QUIZ)
    assert (choice.topic_id, choice.type, choice.lecture_id) == ("aula-7-q01", "multiple-choice", "aula-7")
    assert ([c.text for c in choice.choices], choice.correct) == (["Django", "Flask"], (1,))
    assert (open_ended.topic_id, open_ended.type, open_ended.choices) == ("aula-7-q02", "open", ())
    assert open_ended.reference_answer == "Porque traz pouco."


def test_an_exam_keeps_its_numbers(read) -> None:
    [topic] = read("prova.txt", "9. Por quê?\n\nPorque:\n1. sim;\n2. não.\n")
    assert (topic.topic_id, topic.type, topic.lecture_id) == ("prova-q09", "open", None)
    assert topic.reference_answer == "Porque:\n1. sim;\n2. não."


def test_exercises_with_answers_below_are_an_exam_and_without_they_are_questions(read) -> None:
    [answered] = read("a.md", "# Exercícios\n\n1. Por quê?\n\nPorque sim.\n")
    assert (answered.question, answered.reference_answer) == ("Por quê?", "Porque sim.")
    [bare] = read("b.md", "# Exercícios\n\n1. Escreva um teste.\n")
    assert (bare.question, bare.reference_answer) == ("Escreva um teste.", None)


@pytest.mark.parametrize("name", ["aula.md", "aula.txt", "aula.mdx"])
def test_a_lesson_that_asks_nothing_says_what_was_looked_for(read, name: str) -> None:
    with pytest.raises(UsageError, match=r"holds no topic; what is looked for: <quiz> blocks.*check the file"):
        read(name, "# Aula\n\nSó prosa.\n")


def test_columns_of_another_name_are_named(read) -> None:
    with pytest.raises(UsageError, match="columns id and question"):
        read("t.csv", "enunciado,resposta\nx,y\n")


def asked(topics: list[Topic]) -> list[tuple[str, str]]:
    return [(topic.topic_id, topic.question) for topic in topics]


def test_a_question_a_line(read) -> None:
    """Bullets and what is empty fall away; a wording without a question mark may stand among others."""
    text = "\ufeffO que é viés?\r\n\r\n  - Explique a variância.\r\n* E o “dropout”?\r\n"
    assert asked(read("perguntas.txt", text)) == [
        ("q001", "O que é viés?"),
        ("q002", "Explique a variância."),
        ("q003", "E o “dropout”?"),
    ]


def test_a_list_that_counts_itself_has_as_many_questions_as_lines(read) -> None:
    assert asked(read("t.txt", "1. O que é viés?\n2. E a variância?\n3) Compare os dois.\n"))[1:] == [
        ("q002", "E a variância?"),
        ("q003", "Compare os dois."),
    ]
    # Where what follows a question is no item, it is its answer.
    [first, second] = read("p.txt", "1. O que é viés?\nUm erro.\n2. E a variância?\nOutro.\n")
    assert (first.reference_answer, second.topic_id) == ("Um erro.", "p-q02")


@given(st.lists(st.text("abcé çQ1,.", min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=9))
def test_every_line_of_a_list_is_one_question(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    path = tmp_path_factory.mktemp("list") / "t.txt"
    lines = [f"Q {line.strip()}?" for line in lines]
    path.write_text("\n".join(lines), encoding="utf-8")
    topics = read_topics(path)
    assert [topic.question for topic in topics] == lines
    assert len({topic.topic_id for topic in topics}) == len(lines)


@pytest.mark.parametrize("text", ["Prosa.\nMais prosa.\nPor quê?\n", "# Aula\n\nPor quê?\n", "\n"])
def test_prose_is_no_list_of_questions(read, text: str) -> None:
    with pytest.raises(UsageError, match="a question a line that ends with"):
        read("aula.txt", text)


def test_in_a_folder_a_list_has_nothing_but_questions_and_its_name_in_the_ids(read, tmp_path: Path) -> None:
    read("course/p1.txt", "O que é viés?\nE a variância?\n")
    read("course/sub/p2.csv", "pergunta\nO que é viés?\n")
    (tmp_path / "course" / "aula.txt").write_text("Bom dia?\nHoje é dia de viés.\n", encoding="utf-8")
    assert [topic.topic_id for topic in read_topics(tmp_path / "course")] == ["p1-q001", "p1-q002", "sub/p2-q001"]


@pytest.mark.parametrize("name", ["pergunta", "Pergunta", "questão", "QUESTAO", "Question"])
def test_the_question_by_its_other_names(read, name: str) -> None:
    texts = {
        "t.csv": f'ID;{name};nota\n"a";O que é viés?;5\n',
        "t.jsonl": json.dumps({"id": "a", name: "O que é viés?", "nota": "5"}),
        "t.json": json.dumps([{"id": "a", name: "O que é viés?", "nota": "5"}]),
    }
    for file, text in texts.items():
        [topic] = read(file, text)
        assert topic.record == {"id": "a", "question": "O que é viés?", "nota": "5"}, file


def test_ids_are_made_where_none_is_given_and_kept_with_the_topic(read) -> None:
    for file, text in {
        "t.csv": "question\nO que é viés?\nE a variância?\n",
        "t.jsonl": '{"question": "O que é viés?"}\n\n{"id": null, "question": "E a variância?"}\n',
        "t.json": '[{"question": "O que é viés?"}, {"question": "E a variância?"}]',
    }.items():
        topics = read(file, text)
        assert asked(topics) == [("q001", "O que é viés?"), ("q002", "E a variância?")], file
        assert [topic.record["id"] for topic in topics] == ["q001", "q002"]


def test_one_id_that_is_missing_among_others_is_named_as_people_do(read) -> None:
    with pytest.raises(UsageError) as caught:
        read("t.jsonl", '{"id": "a", "question": "x"}\n\n{"question": "y"}\n')
    assert "t.jsonl:3: falta o id na linha 3; " in caught.value.pt
    assert "t.jsonl:3: the id is missing on line 3; " in caught.value.en
    with pytest.raises(UsageError, match=r"t\.csv:3: the question is missing on line 3"):
        read("t.csv", "id,question\na,x\nb,\n")


def test_lines_in_a_file_of_objects_are_told_where_they_go(read) -> None:
    with pytest.raises(UsageError, match=r"t\.jsonl:1: is not JSON, .*go into a \.txt"):
        read("t.jsonl", "O que é viés?\n")


def test_writing_may_come_from_an_old_editor_but_is_text(tmp_path: Path) -> None:
    (tmp_path / "prova.txt").write_bytes("1. O que é você?\r\n\r\nNão sei.\r\n".encode("cp1252"))
    [topic] = read_topics(tmp_path / "prova.txt")
    assert (topic.question, topic.reference_answer) == ("O que é você?", "Não sei.")
    (tmp_path / "foto.txt").write_bytes(bytes(range(256)) * 8)
    with pytest.raises(UsageError, match="UTF-8"):
        read_topics(tmp_path / "foto.txt")


def test_a_folder_gives_what_its_files_give(read, tmp_path: Path) -> None:
    """Against reading them one by one; lessons that ask nothing and hidden files are passed over."""
    folder = tmp_path / "course"
    for name, text in {
        "b.jsonl": '{"id": "j", "question": "x"}\n',
        "a.md": QUIZ,
        "part/a.md": QUIZ,
        "squad.json": json.dumps(SQUAD),
        "prova.txt": "9. Por quê?\n\nPorque.\n",
        "t.csv": "id,question\nk,y\n",
    }.items():
        read(f"course/{name}", text)
    for name in ("aula.md", ".hidden.md", ".git/q.md", "lectures.csv", "lectures.json", "notes.rst"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(QUIZ if name.startswith(".") else "[]" if name.endswith("json") else "x,y\n1,2\n")
    found = read_topics(folder)
    assert [topic.topic_id for topic in found] == [
        "a-q01", "a-q02", "j", "part/a-q01", "part/a-q02", "prova-q09", "a", "7", "c", "d", "e", "k",
    ]  # fmt: skip
    alone = [topic for path in sorted(folder.iterdir()) if path.name in ("a.md", "b.jsonl", "prova.txt")
             for topic in read_topics(path)]  # fmt: skip
    assert [found[n] for n in (0, 1, 2, 5)] == alone


def test_a_folder_names_what_is_wrong_in_it(read, tmp_path: Path) -> None:
    read("course/a.md", QUIZ)
    read("course/b.jsonl", '{"id": "a-q01", "question": "x"}\n')
    with pytest.raises(UsageError, match=r"b\.jsonl:1: repeated id 'a-q01', that of .*a\.md"):
        read_topics(tmp_path / "course")
    (tmp_path / "course" / "b.jsonl").write_text("x")
    with pytest.raises(UsageError, match=r"b\.jsonl:1: is not JSON"):
        read_topics(tmp_path / "course")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"empty holds no topic; what is looked for: files \.csv"):
        read_topics(tmp_path / "empty")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "paragraphs", "qas", "answers", "id", "question", "choices", "text"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_topics_or_one_plain_error(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    path = tmp_path_factory.mktemp("any") / "t.json"
    path.write_text(json.dumps(value))
    with suppress(UsageError):
        topics = read_topics(path)
        assert topics
        assert len({topic.topic_id for topic in topics}) == len(topics)


@pytest.mark.shared
def test_the_seed_of_an_exam(shared: Path) -> None:
    [path] = (shared / "seeds").glob("000_*.txt")
    [topic] = read_topics(path)
    text = path.read_text(encoding="utf-8").strip()
    assert topic.topic_id == f"{path.stem}-q09"
    assert topic.reference_answer is not None
    assert f"9. {topic.question}\n\n{topic.reference_answer}" == text


@pytest.mark.shared
def test_the_seed_of_a_lesson(shared: Path) -> None:
    [path] = (shared / "seeds").glob("003_*.txt")
    topics = read_topics(path)
    assert [(topic.type, topic.correct) for topic in topics] == [
        ("multiple-choice", (3,)),
        ("multiple-choice", (1,)),
        ("multiple-choice", (2,)),
        ("multiple-choice", (2,)),
        ("open", ()),
    ]
    assert all(topic.reference_answer for topic in topics)
    assert topics[4].topic_id == f"{path.stem}-q05"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("folder", "n", "n_several"),
    [("fastapi-do-zero-pt/quizzes", 70, 13), ("hf-course/chapters/en", 133, 36), ("hf-course/chapters/pt", 42, 14)],
)
def test_every_quiz_of_the_courses_with_its_key(shared: Path, folder: str, n: int, n_several: int) -> None:
    """Every question has a key; against the parser called file by file."""
    source = shared / "data" / folder
    topics = read_topics(source)
    assert len(topics) == n
    assert all(topic.correct for topic in topics)
    assert sum(len(topic.correct) > 1 for topic in topics) == n_several
    paths = sorted(path for path in source.rglob("*") if path.suffix in (".md", ".mdx"))
    by_hand = [
        record
        for path in paths
        for record in quiz_topics(
            parse_quizzes(path.read_text(encoding="utf-8"), path.relative_to(source).with_suffix("").as_posix())
        )
    ]
    assert [topic.record for topic in topics] == by_hand


@pytest.mark.shared
def test_squad_in_portuguese(shared: Path) -> None:
    """FaQuAD: every question with the paragraph that holds each wording of its answer."""
    path = shared / "data/faquad-pt/data/dataset.json"
    topics = read_topics(path)
    assert len(topics) == 900
    assert all(topic.answerable and topic.reference_answer for topic in topics)
    counts: Counter[str] = Counter()
    contexts = {}
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        title = article["title"].strip()
        for paragraph in article["paragraphs"]:
            counts[title] += 1
            contexts[f"{title}/{counts[title]:02d}"] = "".join(paragraph["context"].split())
    assert len(contexts) == 249
    assert {topic.gold[0].lecture_id for topic in topics} == contexts.keys()
    for topic in topics:
        for wording in topic.record["reference_answers"]:
            assert "".join(wording.split()) in contexts[topic.gold[0].lecture_id]
