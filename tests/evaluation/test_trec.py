"""TREC's formats: read as other programs write them, written as they read them, every wrong line named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.records import Segment
from eval.measures import score_judged, score_run
from eval.runs import measure_run, read_run, write_run
from eval.topics import GoldSpan, Topic
from eval.trec import as_word, check_apart, qrels_from_gold, read_qrels, read_trec_run, trec_lines, write_qrels
from rag.errors import UsageError

words = st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C")), min_size=1, max_size=8)


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def test_a_run_of_another_program_by_hand(tmp_path: Path) -> None:
    """Tabs, blank lines, Windows' ends of lines, ranks from 0 and a line out of order."""
    path = write(
        tmp_path / "bm25.trec",
        "301\tQ0\tFT-9\t1\t2.5\tbm25\r\n\r\n302 Q0  FT-1 0 -1e-3 bm25\r\n301 Q0 LA-2 0 7 bm25\r\n",
    )
    assert read_run(path) == {
        "301": [
            {"topic_id": "301", "rank": 1, "score": 7.0, "segment_id": "LA-2"},
            {"topic_id": "301", "rank": 2, "score": 2.5, "segment_id": "FT-9"},
        ],
        "302": [{"topic_id": "302", "rank": 1, "score": -0.001, "segment_id": "FT-1"}],
    }


def test_equal_scores_go_by_rank_and_then_by_id(tmp_path: Path) -> None:
    lines = ["t Q0 d1 3 0.5 x", "t Q0 d2 2 0.5 x", "t Q0 d4 2 0.5 x", "t Q0 d3 9 0.7 x"]
    for order in (lines, lines[::-1]):
        run = read_trec_run(write(tmp_path / "run.trec", "\n".join(order)))
        assert [hit["segment_id"] for hit in run["t"]] == ["d3", "d2", "d4", "d1"]
        assert [hit["rank"] for hit in run["t"]] == [1, 2, 3, 4]


@given(topics=st.dictionaries(words, st.dictionaries(words, st.integers(-2, 3), min_size=1), min_size=1))
def test_qrels_come_back_as_they_went(topics: dict, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("qrels") / "qrels.txt"
    write_qrels(path, topics)
    assert read_qrels(path) == topics


@given(scores=st.dictionaries(words, st.lists(st.floats(-1e6, 1e6), min_size=1, unique=True), min_size=1))
def test_a_run_comes_back_as_it_went(scores: dict, tmp_path_factory: pytest.TempPathFactory) -> None:
    run = {
        topic_id: [
            {"topic_id": topic_id, "rank": rank, "score": score, "segment_id": str(rank)}
            for rank, score in enumerate(sorted(found, reverse=True), start=1)
        ]
        for topic_id, found in scores.items()
    }
    path = tmp_path_factory.mktemp("run") / "run.trec"
    write_run(path, run)
    assert read_run(path) == run


@pytest.mark.parametrize("name", ["aula 3", "a\tb\n c", "", " ", "ok"])
def test_a_topic_is_written_alike_in_runs_and_in_qrels(name: str) -> None:
    hit = {"segment_id": 1, "rank": 1, "score": 1.0}
    assert trec_lines(name, [hit])[0].split()[0] == as_word(name)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("t 0 d1 1", "has 4 columns and not 6; write: topic Q0 docno rank score tag"),
        ("t Q0 d 1 0.5 x y", "has 7 columns and not 6"),
        ("t Q0 d one 0.5 x", "rank is 'one' and must be a whole number"),
        ("t Q0 d 1.5 0.5 x", "rank is '1.5'"),
        ("t Q0 d 1 high x", "score is 'high' and must be a number"),
        ("t Q0 d 1 nan x", "score is 'nan'"),
        ("t Q0 d 1 inf x", "score is 'inf'"),
        ("t Q0 d0 2 0.5 x", "repeats segment 'd0' of the same topic"),
    ],
)
def test_a_wrong_line_of_a_run_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = write(tmp_path / "run.trec", f"t Q0 d0 1 0.9 x\n\n{line}\n")
    with pytest.raises(UsageError) as caught:
        read_run(path)
    assert f"{path}:3: {said}" in caught.value.en
    assert f"{path}:3: " in caught.value.pt


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("t Q0 d 1 0.5 x", ":1: has 6 columns and not 4; write: topic 0 docno grade"),
        ("t 0 d 1\nt 0 e good", ":2: grade is 'good' and must be a whole number"),
        ("t 0 d 0.5", ":1: grade is '0.5'"),
        ("t 0 d 1\nt 0 d 1", ":2: repeats segment 'd'"),
        ("\n \n", "holds no judgement"),
        ("x", ":1: has 1 columns"),
    ],
)
def test_wrong_qrels_are_refused(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_qrels(write(tmp_path / "qrels.txt", content))
    assert said in caught.value.en
    assert caught.value.pt != caught.value.en


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "latin.trec").write_bytes("t Q0 é 1 1 x".encode("latin-1"))
    for path in (tmp_path / "none.trec", tmp_path / "latin.trec", tmp_path):
        with pytest.raises(UsageError, match="could not be read"):
            read_trec_run(path)
        with pytest.raises(UsageError, match="could not be read"):
            read_qrels(path)


def segment(segment_id: int, start_s: float | None, end_s: float | None, lecture_id: str = "a") -> Segment:
    return Segment(segment_id, lecture_id, start_s, end_s, "x", ())


def test_qrels_of_gold_by_hand() -> None:
    segments = [segment(1, 0, 60), segment(2, 60, 120), segment(3, 0, 60, "b"), segment(4, None, None, "c")]
    topics = [
        Topic("two", "?", gold=(GoldSpan("a", 30, 90),)),
        Topic("lost", "?", gold=(GoldSpan("a", 500, 560.5), GoldSpan("b", 0, 30))),
        Topic("whole", "?", gold=(GoldSpan("c"), GoldSpan("not indexed"))),
        Topic("none", "?"),
    ]
    assert qrels_from_gold(segments, topics) == {
        "two": {"1": 1, "2": 1},
        "lost": {"a@500-560.5": 1, "3": 1},
        "whole": {"4": 1, "not_indexed": 1},
    }
    hits = [{"segment_id": 1, "lecture_id": "a", "start_s": 0, "end_s": 60}]
    assert qrels_from_gold(hits, topics[:1]) == {"two": {"1": 1}}


cuts = st.lists(st.integers(6, 120), min_size=1, max_size=12)
spans = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 900), st.integers(2, 200)), max_size=4)


@given(cuts, st.lists(spans, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_two_ways_of_knowing_agree_on_what_was_found(lengths: list[int], asked: list, shuffle) -> None:
    """Every segment known: a hit is relevant by qrels where it is by spans, and the same topics count."""
    segments, at = [], 0
    for number, length in enumerate(lengths):
        segments += [segment(2 * number, at, at + length, "a"), segment(2 * number + 1, at, at + length, "b")]
        at += length
    topics = [
        Topic(str(n), "?", gold=tuple(GoldSpan(lecture_id, s, s + length) for lecture_id, s, length in wanted))
        for n, wanted in enumerate(asked)
    ]
    shuffle.shuffle(segments)
    hits = [
        {"segment_id": s.segment_id, "lecture_id": s.lecture_id, "start_s": s.start_s, "end_s": s.end_s, "rank": rank}
        for rank, s in enumerate(segments, start=1)
    ]
    run = {topic.topic_id: hits for topic in topics}
    by_spans, by_qrels = score_run(run, topics), score_judged(run, qrels_from_gold(segments, topics))
    assert by_spans.keys() == by_qrels.keys()
    for topic_id, scores in by_spans.items():
        for name in ("hit@1", "hit@3", "hit@5", "hit@10", "MRR@10", "precision@10"):
            assert scores[name] == by_qrels[topic_id][name]


def test_a_run_is_measured_by_what_is_given(tmp_path: Path) -> None:
    topics = write(
        tmp_path / "topics.jsonl",
        '{"id": "t 1", "question": "?", "gold": [{"lecture_id": "a", "start_s": 0, "end_s": 60}]}\n'
        '{"id": "t2", "question": "?"}\n',
    )
    times = '"lecture_id": "a", "start_s": 0, "end_s": 60'
    run = write(tmp_path / "run.jsonl", f'{{"topic_id": "t 1", "rank": 1, "score": 1, "segment_id": 7, {times}}}\n')
    trec = tmp_path / "run.trec"
    write_run(trec, read_run(run))
    qrels = write(tmp_path / "qrels.txt", "t_1 0 7 1\nt_1 0 8 1\nt3 0 7 1\n")
    by_spans = measure_run(run, topics=topics)
    assert (by_spans["recall@10"].value, by_spans["recall@10"].n, by_spans["recall@10"].n_topics) == (1.0, 1, 2)
    for path in (run, trec):
        judged = measure_run(path, qrels=qrels)["recall@10"]
        assert (judged.value, judged.n, judged.n_topics) == (0.25, 2, 2)
        both = measure_run(path, topics=topics, qrels=qrels)["recall@10"]
        assert (both.value, both.n, both.n_topics) == (0.5, 1, 2)
    with pytest.raises(UsageError, match=r"run\.trec does not say lecture_id of hit 1 of 't_1'; measure with --qrels"):
        measure_run(trec, topics=topics)
    bare = write(tmp_path / "bare.jsonl", f'{{"topic_id": "t2", "rank": 3, {times}}}\n')
    with pytest.raises(UsageError, match=r"does not say segment_id of hit 3 of 't2'; measure with --topics"):
        measure_run(bare, qrels=qrels)
    with pytest.raises(UsageError, match="give --topics with gold, or --qrels"):
        measure_run(run)


def test_two_topics_that_would_be_one_are_refused_by_name(tmp_path: Path) -> None:
    check_apart(["aula 3", "aula-3", "aula3", "aula 3"])
    with pytest.raises(UsageError, match=r"'aula 3' and 'aula_3' are one id in the TREC format"):
        write_qrels(tmp_path / "gold.qrels", {"aula 3": {"1": 1}, "aula_3": {"2": 1}})
    hit = {"segment_id": 1, "rank": 1, "score": 0.5}
    with pytest.raises(UsageError, match="rename one of them"):
        write_run(tmp_path / "run.trec", {"a b": [hit], "a_b": [hit]})
    assert list(tmp_path.iterdir()) == []
    # JSON lines keep them apart.
    write_run(tmp_path / "run.jsonl", {"a b": [hit], "a_b": [hit]})
