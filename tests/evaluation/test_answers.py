"""The file of answers: resumed, mended, and never touched where it is something else."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corpus.records import Choice
from eval.choices import score_choice
from eval.runs import answer_topics, check_not_topics, recorded_llms
from eval.topics import Topic
from rag.config import Settings
from rag.encoder import Encoder
from rag.errors import UsageError
from rag.llm import ModelOnDemand, open_llm
from rag.pipeline import Monitoria
from rag.retriever import SegmentRetriever
from tests.scripted_server import Script, scripted_server

TOPICS = [Topic("t1", "Como escolher a taxa de aprendizado?"), Topic("t2", "O que é dropout?")]


def answer(topic_id: str, question: str, **more: Any) -> dict[str, Any]:
    return {"topic_id": topic_id, "question": question, "answer": "Sim [1].", "mode": "generated", "llm": "a"} | more


def line(*args: Any, **more: Any) -> str:
    return json.dumps(answer(*args, **more), ensure_ascii=False)


def ask(course: Monitoria, path: Path, topics: list[Topic] = TOPICS) -> list[str]:
    return [record["topic_id"] for record in answer_topics(course, topics, path)]


def recorded(path: Path) -> list[tuple[str, str]]:
    return [(r["topic_id"], r["question"]) for r in map(json.loads, path.read_text(encoding="utf-8").splitlines())]


def test_a_batch_is_written_once_and_not_asked_again(course: Monitoria, tmp_path: Path) -> None:
    path = tmp_path / "new" / "answers.jsonl"
    assert ask(course, path) == ["t1", "t2"]
    before = path.read_bytes()
    assert ask(course, path) == []
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("Minha tese inteira, numa linha só.", ":1"),
        ("# Tese\n\nUm parágrafo.\n", ":1"),
        ('{"id": "t1", "question": "x"}\n{"id": "t2", "question": "y"}', ":1"),
        (line("t1", "x") + "\nnot json\n" + line("t2", "y") + "\n", ":2"),
        (line("t1", "x") + "\n" + '{"topic_id": "t1", "kind": "ar"}', ":2"),
        (line("t1", "x") + "\n" + "uma nota à mão", ":2"),
        ('{"topic_id": "t1", "rank": 1}', ":1"),
        ('{"topic_id": true, "answer": "x"}\n', ":1"),
        ('{"topic_id": "t1", "answer": null}\n', ":1"),
        ("[" * 100_000, ":1"),
        ("{", ":1"),
        ("caf\xe9\n".encode("latin-1"), "could not be read"),
        (line("t1", "x").encode() + b'\n{"topic\xff', ":2"),
    ],
)
def test_another_file_is_left_as_it_is(course: Monitoria, tmp_path: Path, content: str | bytes, place: str) -> None:
    path = tmp_path / "tese.md"
    before = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(before)
    with pytest.raises(UsageError) as caught:
        ask(course, path)
    assert str(path) in caught.value.en
    assert place in caught.value.en
    assert caught.value.exit_code == 2
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["tese.md"]


@pytest.mark.parametrize("cut", [5, 11, 14, 40, -3])
def test_a_torn_answer_is_asked_again(course: Monitoria, tmp_path: Path, cut: int) -> None:
    path = tmp_path / "answers.jsonl"
    first = line(TOPICS[0].topic_id, TOPICS[0].question) + "\n"
    path.write_bytes(first.encode() + line("t2", "O que é dropout?").encode()[:cut])
    assert ask(course, path) == ["t2"]
    assert path.read_text(encoding="utf-8").startswith(first)
    assert recorded(path) == [(t.topic_id, t.question) for t in TOPICS]


def test_an_answer_torn_inside_a_character_is_asked_again(course: Monitoria, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    whole = line("t1", TOPICS[0].question, answer="é").encode()
    path.write_bytes(whole[: whole.index("é".encode()) + 1])
    assert ask(course, path) == ["t1", "t2"]


def test_a_last_answer_without_its_newline_is_kept(course: Monitoria, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(line("t1", TOPICS[0].question), encoding="utf-8")
    assert ask(course, path) == ["t2"]
    assert path.read_text(encoding="utf-8").startswith(line("t1", TOPICS[0].question) + "\n")


def test_a_changed_question_replaces_its_answer(course: Monitoria, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(f"{line('t1', 'outra pergunta')}\n{line('t2', TOPICS[1].question)}\n", encoding="utf-8")
    assert ask(course, path) == ["t1"]
    assert sorted(recorded(path)) == [(t.topic_id, t.question) for t in TOPICS]


def test_an_old_answer_stays_until_there_is_a_new_one(course: Monitoria, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    before = f"{line('t1', 'outra')}\n{line('t2', 'mais outra')}\n"
    path.write_text(before, encoding="utf-8")
    batch = answer_topics(course, TOPICS, path)
    next(batch)
    batch.close()
    assert set(recorded(path)) == {("t1", TOPICS[0].question), ("t2", "mais outra")}


def test_a_failed_model_is_asked_again(course: Monitoria, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(line("t1", TOPICS[0].question, mode="quotes", error="down") + "\n", encoding="utf-8")
    assert recorded_llms(path) == set()
    assert ask(course, path) == ["t1", "t2"]
    assert len(recorded(path)) == 2


def test_the_models_of_a_file_are_known(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    assert recorded_llms(path) == set()
    path.write_text(f"{line('t1', 'x')}\n{line('t2', 'y', llm='b')}\n" + '{"topic_id": "t3', encoding="utf-8")
    before = path.read_bytes()
    assert recorded_llms(path) == {"a", "b"}
    assert path.read_bytes() == before


@pytest.mark.parametrize("link", [None, Path.symlink_to, Path.hardlink_to])
def test_the_topics_file_is_no_target(course: Monitoria, tmp_path: Path, link: Any) -> None:
    topics_path = tmp_path / "topics.jsonl"
    topics_path.write_text(line("t1", "x"), encoding="utf-8")
    path = topics_path
    if link is not None:
        path = tmp_path / "answers.jsonl"
        link(path, topics_path)
    before = topics_path.read_bytes()
    with pytest.raises(UsageError, match="topics file itself"):
        check_not_topics(path, topics_path)
    with pytest.raises(UsageError, match="topics file itself"):
        list(answer_topics(course, TOPICS, path, topics_path=topics_path))
    assert topics_path.read_bytes() == before
    check_not_topics(tmp_path / "none.jsonl", topics_path)


TEST = Topic("q1", "O que é dropout?", choices=(Choice("Um corte", correct=False), Choice("Um sorteio", correct=True)))


@pytest.fixture
def asked_of(course: Monitoria, encoder: Encoder, settings: Settings):
    """The sample course with a model on script."""

    @contextmanager
    def opened(script: Script) -> Iterator[Monitoria]:
        with scripted_server(script) as url:
            update = {"spec": "openai:x", "base_url": url, "api_key": "x", "profile": "large"}
            changed = settings.model_copy(update={"llm": settings.llm.model_copy(update=update)})
            model = ModelOnDemand(changed.llm, open_llm(changed.llm))
            yield Monitoria(SegmentRetriever(course.index, encoder, settings.retrieval), changed, model)

    return opened


def test_a_topic_with_choices_is_answered_by_a_choice_too(asked_of, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    with asked_of(Script(["B"])) as asked:
        first, second = answer_topics(asked, [TEST, TOPICS[0]], path)
        assert list(answer_topics(asked, [TEST, TOPICS[0]], path)) == []
    assert (first["choice"], first["choice_cause"], first["error"]) == ([1], None, None)
    assert first["choices_shown"] == ["Um corte", "Um sorteio"]
    assert len(first["choice_prompt_sha256"]) == 64
    assert "choice" not in second
    score = score_choice(first, TEST)
    assert score is not None
    assert (score.verdict, score.guess) == ("C", 0.5)


def test_other_choices_are_asked_again(asked_of, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    turned = replace(TEST, choices=TEST.choices[::-1])
    with asked_of(Script(["B"])) as asked:
        list(answer_topics(asked, [TEST], path))
        [record] = answer_topics(asked, [turned], path)
    assert record["choices_shown"] == ["Um sorteio", "Um corte"]
    assert recorded(path) == [("q1", TEST.question)]


def test_without_a_model_there_is_no_choice_and_a_cause(course: Monitoria, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    [record] = answer_topics(course, [TEST], path)
    assert (record["choice"], record["error"]) == (None, None)
    assert ask(course, path, [TEST]) == []
    score = score_choice(json.loads(path.read_text(encoding="utf-8")), TEST)
    assert score is not None
    assert (score.verdict, score.cause) == (None, "no model chooses with llm.spec = none")


def test_a_choice_that_a_model_failed_to_make_is_asked_for_again(course: Monitoria, asked_of, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    with asked_of(Script(status=500)) as asked:
        [record] = answer_topics(asked, [TEST], path)
    assert record["choice"] is None
    assert record["error"]
    path.write_text(line("q1", TEST.question, choice=None, error="down") + "\n", encoding="utf-8")
    assert ask(course, path, [TEST]) == ["q1"]


def test_what_does_not_say_a_choice_is_taken_at_its_word(course: Monitoria, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(line("q1", TEST.question) + "\n", encoding="utf-8")
    assert ask(course, path, [TEST]) == []


def test_a_folder_of_topics_is_no_place_for_answers(course: Monitoria, tmp_path: Path) -> None:
    (tmp_path / "quizzes" / "deep").mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "quizzes")
    for folder in (tmp_path / "quizzes", link):
        with pytest.raises(UsageError, match="lies in the topics folder"):
            check_not_topics(tmp_path / "quizzes" / "deep" / "answers.jsonl", folder)
    check_not_topics(tmp_path / "answers.jsonl", tmp_path / "quizzes")


@contextmanager
def nobody() -> Iterator[Path]:
    """A folder where this process is not root, so that permissions mean something."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    user = os.geteuid()
    try:
        yield folder
    finally:
        os.seteuid(user)
        shutil.rmtree(folder)


@pytest.mark.parametrize("tail", ["", '{"topic_id": "t2", "ques'])
def test_a_read_only_file_is_said_to_be_one(course: Monitoria, tail: str) -> None:
    with nobody() as folder:
        path = folder / "answers.jsonl"
        path.write_text(line("t1", TOPICS[0].question) + "\n" + tail, encoding="utf-8")
        path.chmod(0o444)
        before = path.read_bytes()
        if os.geteuid() == 0:
            os.seteuid(65534)
        with pytest.raises(UsageError, match="cannot be written"):
            ask(course, path)
        assert path.read_bytes() == before


def test_a_folder_is_no_file_of_answers(course: Monitoria, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        ask(course, tmp_path)


def test_answers_go_through_a_link_and_into_a_pipe(course: Monitoria, tmp_path: Path) -> None:
    target, path = tmp_path / "far" / "answers.jsonl", tmp_path / "answers.jsonl"
    target.parent.mkdir()
    target.write_text(line("t1", "outra") + "\n", encoding="utf-8")
    path.symlink_to(target)
    assert ask(course, path) == ["t1", "t2"]
    assert path.is_symlink()
    assert recorded(target) == [(t.topic_id, t.question) for t in TOPICS]
    reader, writer = os.pipe()
    assert ask(course, Path(f"/dev/fd/{writer}"), TOPICS[:1]) == ["t1"]
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as stream:
        assert json.loads(stream.read())["topic_id"] == "t1"
