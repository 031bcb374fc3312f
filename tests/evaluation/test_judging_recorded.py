"""A run of a judge: kept at once, resumed after a kill, nothing lost and nothing asked twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from corpus.language import set_interface_language
from eval.answers import read_answers
from eval.judging.judgements import KINDS, Judgement, to_record
from eval.judging.recorded import judge_answers, read_answers_to_judge, read_judgements, summarise, write_manifest
from eval.topics import Topic
from rag.errors import GenerationFailed, UsageError
from tests.conftest import ROOT
from tests.evaluation.scripted_judge import said, scripted
from tests.scripted_server import Script, scripted_server

TOPICS = [Topic(f"t{n}", f"O que é a camada {n} da rede?", True, f"É a camada {n}.") for n in range(6)]


def answers_file(folder: Path, topics: Sequence[Topic] = TOPICS, text: str = "É a {} [1].") -> Path:
    path = folder / "answers.jsonl"
    lines = [
        {"topic_id": topic.topic_id, "question": topic.question, "answer": text.format(topic.topic_id)}
        for topic in topics
    ]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def run(judge: Any, answers: Path, path: Path, kinds: Sequence[Any] = ("ar",), topics: Sequence[Topic] = TOPICS) -> Any:
    return judge_answers(judge, read_answers(answers), topics, path, kinds=kinds)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_answer_is_judged_by_every_kind_in_order(tmp_path: Path) -> None:
    judge, chat = scripted(said(3), said(2), said(1), said(0))
    seen: list[tuple[int, int]] = []
    judging = judge_answers(
        judge, read_answers(answers_file(tmp_path)), TOPICS, tmp_path / "j" / "judgements.jsonl",
        kinds=("ar", "reference"), report=lambda done, of: seen.append((done, of)),
    )  # fmt: skip
    assert [(one.kind, one.topic_id) for one in judging.judgements] == [
        (kind, topic.topic_id) for kind in ("ar", "reference") for topic in TOPICS
    ]
    assert judging.asked == len(chat.asked) == 12
    assert seen[0] == (0, 12)
    assert seen[-1] == (12, 12)
    assert read_judgements(tmp_path / "j" / "judgements.jsonl") == list(judging.judgements)
    summary = summarise(judging, "ar")
    assert (summary.ar.value, summary.ar.n, summary.ar.n_topics) == (pytest.approx(1 / 3), 6, 6)
    assert summary.verdicts == {"C": 1, "P": 1, "I": 4}


def test_a_mean_has_its_coverage_and_errors_their_cause(tmp_path: Path) -> None:
    judge, _ = scripted(said(3), "?", "?", said(9), said(9), said(0))
    summary = summarise(run(judge, answers_file(tmp_path), tmp_path / "j.jsonl"), "ar")
    assert (summary.ar.value, summary.ar.n, summary.ar.n_topics) == (0.25, 4, 6)
    assert summary.errors == {"unreadable": 2}


def test_nothing_is_asked_twice(tmp_path: Path) -> None:
    answers, path = answers_file(tmp_path), tmp_path / "j.jsonl"
    judge, chat = scripted(said(3), "?", "?", said(1))
    first = run(judge, answers, path)
    again, silent = scripted(RuntimeError("must not be asked"))
    second = run(again, answers, path)
    assert silent.asked == []
    assert second.judgements == first.judgements
    assert second.asked == 0
    assert len(chat.asked) == 7


def test_the_same_question_and_answer_is_asked_once(tmp_path: Path) -> None:
    twins = [Topic("a", TOPICS[0].question, True, "É."), Topic("b", TOPICS[0].question, True, "É.")]
    answers = answers_file(tmp_path, twins, text="É a mesma.")
    judge, chat = scripted(said(2))
    judging = run(judge, answers, tmp_path / "j.jsonl", topics=twins)
    assert [one.topic_id for one in judging.judgements] == ["a", "b"]
    assert judging.judgements[0].answer_sha256 != judging.judgements[1].answer_sha256
    assert len(chat.asked) == 1


def test_only_what_changed_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    run(scripted(said(1))[0], answers_file(tmp_path), path)
    changed = answers_file(tmp_path)
    changed.write_text(changed.read_text(encoding="utf-8").replace("É a t2", "É outra"), encoding="utf-8")
    judge, chat = scripted(said(3))
    judging = run(judge, changed, path)
    assert [one.score for one in judging.judgements] == [1, 1, 3, 1, 1, 1]
    assert len(chat.asked) == 1
    assert len(lines_of(path)) == 6


def test_other_kinds_and_other_judges_stay(tmp_path: Path) -> None:
    answers, path = answers_file(tmp_path), tmp_path / "j.jsonl"
    run(scripted(said(1))[0], answers, path)
    other, _ = scripted(said(3))
    other.name = "other"
    run(other, answers, path, kinds=("reference",))
    run(other, answers, path)
    counted = [(line["judge"], line["kind"]) for line in lines_of(path)]
    assert {pair: counted.count(pair) for pair in counted} == {
        ("other", "ar"): 6,
        ("other", "reference"): 6,
        ("scripted", "ar"): 6,
    }


def test_what_has_nothing_to_judge_is_counted_apart(tmp_path: Path) -> None:
    bare = [Topic(topic.topic_id, topic.question) for topic in TOPICS]
    judging = run(scripted(said(3))[0], answers_file(tmp_path), tmp_path / "j.jsonl", KINDS, bare)
    assert judging.skipped == {"reference": 6}
    grounded = summarise(judging, "groundedness")
    assert (grounded.ar.value, grounded.ar.n) == (0.0, 6)  # they cite [1], which is no reference
    assert summarise(judging, "reference").ar.n_topics == 0


def test_a_torn_last_line_is_asked_again_and_the_rest_is_not(tmp_path: Path) -> None:
    answers, path = answers_file(tmp_path), tmp_path / "j.jsonl"
    run(scripted(said(2))[0], answers, path)
    whole = path.read_bytes()
    for cut in (1, 5, 40, 200):
        path.write_bytes(whole[:-cut])
        judge, chat = scripted(said(2))
        assert len(run(judge, answers, path).judgements) == 6
        assert len(chat.asked) == (0 if cut == 1 else 1)
        assert len(lines_of(path)) == 6


def test_a_judge_that_was_not_there_is_asked_again(tmp_path: Path) -> None:
    answers, path = answers_file(tmp_path), tmp_path / "j.jsonl"
    gone = ConnectionError("gone")
    judge, _ = scripted(said(3), *[gone] * 3, said(2))
    judging = run(judge, answers, path)
    assert summarise(judging, "ar").errors == {"unreachable": 1}
    back, chat = scripted(said(0))
    assert [one.score for one in run(back, answers, path).judgements] == [3, 0, 2, 2, 2, 2]
    assert len(chat.asked) == 1


def test_a_judge_that_stays_away_ends_the_run(tmp_path: Path) -> None:
    answers, path = answers_file(tmp_path), tmp_path / "j.jsonl"
    judge, chat = scripted(said(3), ConnectionError("gone"))
    with pytest.raises(GenerationFailed, match=r"is not there.*gone.*run again to go on"):
        run(judge, answers, path)
    assert len(chat.asked) == 1 + 5 * 3
    assert [line["score"] for line in lines_of(path)] == [3, None, None, None, None, None]
    back, again = scripted(said(1))
    assert [one.score for one in run(back, answers, path).judgements] == [3, 1, 1, 1, 1, 1]
    assert len(again.asked) == 5


@pytest.mark.parametrize("content", ['{"topic_id": "t0", "answer": "x"}\n', "notes of mine\n", "notes of mine", "[]\n"])
def test_a_file_of_something_else_is_left_as_it_was(tmp_path: Path, content: str) -> None:
    path = tmp_path / "j.jsonl"
    path.write_text(content)
    judge, chat = scripted(said(3))
    with pytest.raises(UsageError, match=r"j\.jsonl:1"):
        run(judge, answers_file(tmp_path), path)
    assert path.read_text() == content
    assert chat.asked == []


def test_answers_of_other_topics_are_refused(tmp_path: Path) -> None:
    for topics in (TOPICS[1:], [Topic("t0", "Outra pergunta?"), *TOPICS[1:]]):
        with pytest.raises(UsageError, match="answers 't0', which the topics file does not ask so"):
            run(scripted(said(3))[0], answers_file(tmp_path), tmp_path / "j.jsonl", topics=topics)
    with pytest.raises(UsageError, match="there are no answers"):
        read_answers_to_judge(tmp_path / "nothing.jsonl")


def test_no_more_are_asked_at_once_than_the_limit(tmp_path: Path) -> None:
    judge, chat = scripted(said(3), pause_s=0.05, at_once=3)
    judging = run(judge, answers_file(tmp_path), tmp_path / "j.jsonl", KINDS[:2])
    assert [one.topic_id for one in judging.judgements] == 2 * [topic.topic_id for topic in TOPICS]
    assert max(chat.busy) == 3
    assert scripted(said(3))[0].at_once == 1


def test_errors_speak_the_language_of_the_interface_in_every_thread(tmp_path: Path) -> None:
    set_interface_language("pt")
    judging = run(scripted("")[0], answers_file(tmp_path), tmp_path / "j.jsonl")
    assert {one.error for one in judging.judgements} == {"não escreveu nada"}


def test_the_manifest_says_who_judged_what(tmp_path: Path) -> None:
    answers, topics = answers_file(tmp_path), tmp_path / "topics.jsonl"
    topics.write_text('{"id": "t0", "question": "?"}\n')
    (tmp_path / "out").mkdir()
    write_manifest(tmp_path / "out", scripted(said(3))[0], answers, topics)
    record = json.loads((tmp_path / "out" / "judging.json").read_text())
    assert record["answers"]["path"] == "../answers.jsonl"
    assert record["verdicts"] == {"C": 3, "P": 2}
    assert record["rubrics"].keys() == {f"{kind}.{language}" for kind in KINDS for language in ("pt", "en")}


_KILLED = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from eval.answers import read_answers
    from eval.judging.judge import Judge
    from eval.judging.recorded import judge_answers
    from rag.config import LLMSettings
    from rag.llm import open_llm
    from tests.evaluation.test_judging_recorded import TOPICS

    llm = open_llm(LLMSettings(spec="openai:x", base_url=sys.argv[1], api_key="x"))
    judge_answers(Judge(llm, at_once=1), read_answers(Path(sys.argv[2])), TOPICS, Path(sys.argv[3]), kinds=("ar",))
    """
)


def test_killed_twice_and_resumed(tmp_path: Path) -> None:
    """No judged answer is lost, and only the one that was under way is asked again."""
    answers, path = answers_file(tmp_path), tmp_path / "j.jsonl"

    class Slow(Script):
        def _pieces(self) -> list[str]:
            time.sleep(0.4)
            return [said(2)]

        pieces = property(_pieces, lambda *_: None)  # type: ignore[assignment]

    script = Slow()
    with scripted_server(script) as url:
        for judged in (2, 4):
            process = subprocess.Popen([sys.executable, "-c", _KILLED, url, str(answers), str(path)], cwd=ROOT)
            deadline = time.monotonic() + 120
            while (not path.exists() or path.read_bytes().count(b"\n") < judged) and time.monotonic() < deadline:
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.wait()
            with path.open("ab") as stream:
                stream.write(b'{"topic_id": "t4", "kin')
        before = read_judgements(path)
        assert len(before) >= 4
        subprocess.run([sys.executable, "-c", _KILLED, url, str(answers), str(path)], cwd=ROOT, check=True)
    after = read_judgements(path)
    assert [one.topic_id for one in after] == [topic.topic_id for topic in TOPICS]
    assert after[: len(before)] == before
    # Six answers, and at most one under way at each kill.
    assert len(TOPICS) <= len(script.requests) <= len(TOPICS) + 2


def test_a_judgement_of_any_score_survives_its_file(tmp_path: Path) -> None:
    one = Judgement("é", "ar", "j", 2 / 3, 2, "P", "a\nb", "c", raw="x\u2028y", key="k", coverage=(1, 1))
    path = tmp_path / "j.jsonl"
    path.write_text(json.dumps(to_record(one), ensure_ascii=False) + "\n", encoding="utf-8")
    assert read_judgements(path) == [one]


def test_topics_may_be_a_folder(tmp_path: Path) -> None:
    """The manifest knows a folder by all its files, so that a change in any of them is seen."""
    topics = tmp_path / "topics"
    topics.mkdir()
    (topics / "a.jsonl").write_text('{"id": "t1", "question": "?"}\n', encoding="utf-8")
    judge, _ = scripted(said(2))

    def known_as() -> str:
        write_manifest(tmp_path / "out", judge, answers_file(tmp_path), topics)
        return str(json.loads((tmp_path / "out" / "judging.json").read_text())["topics"]["sha256"])

    before = known_as()
    assert before == known_as()
    (topics / "b.jsonl").write_text('{"id": "t2", "question": "?"}\n', encoding="utf-8")
    assert before != known_as()
