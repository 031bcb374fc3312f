"""What ragas is shown: which contexts, in which order, how much of them; what it is not asked; our prompts' files."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from eval.ragas.model import strict_schema
from eval.ragas.prompts import files_of, prompt_of, prompts_sha256
from eval.ragas.samples import ROOMS, Room, Sample, sample_of, stretch
from eval.ragas.scores import METRICS, Metric, RagasScore, from_record, to_record
from tests.conftest import ROOT
from tests.evaluation.scripted_ragas import TOPICS, answer, ragas_python

PT, EN, UNANSWERABLE = TOPICS


def sample(metric: Metric, record: dict[str, Any], topic: Any = PT, room: Room = ROOMS["large"]) -> Sample:
    found = sample_of(metric, record, topic, room, encoder="e5")
    assert found is not None
    return found


def test_each_metric_is_given_what_ragas_calls_for() -> None:
    given = {metric: sample(metric, answer(PT)).given for metric in METRICS}
    assert {metric: set(names) for metric, names in given.items()} == {
        "faithfulness": {"user_input", "response", "retrieved_contexts"},
        "answer_relevancy": {"user_input", "response"},
        "context_precision": {"user_input", "reference", "retrieved_contexts"},
        "context_recall": {"user_input", "retrieved_contexts", "reference"},
        "answer_accuracy": {"user_input", "response", "reference"},
    }
    assert given["faithfulness"]["response"] == "Desliga neurônios."
    assert [text.split()[1] for text in given["context_precision"]["retrieved_contexts"]] == ["1", "2", "3"]


def test_what_an_answer_cites_is_shown_even_where_there_is_little_room() -> None:
    record = answer(PT, n_hits=9, references=[{"n": 1, "segment_id": 8, "quote": "x"}])
    shown = {
        metric: [text.split()[1] for text in sample(metric, record, room=Room(3, 99)).given["retrieved_contexts"]]
        for metric in ("faithfulness", "context_recall")
    }
    assert shown == {"faithfulness": ["8", "1", "2"], "context_recall": ["1", "2", "3"]}


def test_of_a_long_passage_the_stretch_that_speaks_of_it_is_shown() -> None:
    text = "bom dia gente " * 100 + "o dropout desliga neurônios na camada " + "até amanhã " * 100
    hits = [{"segment_id": n, "rank": n, "text": text} for n in (1, 2)]
    record = answer(PT, hits=hits, references=[])
    joined = sample("context_recall", record, room=Room(2, 40)).given["retrieved_contexts"]
    assert [len(context.split()) for context in joined] == [20, 20]
    assert all("o dropout desliga neurônios na camada" in context for context in joined)
    # Context precision shows one at a time.
    alone = sample("context_precision", record, room=Room(2, 40)).given["retrieved_contexts"]
    assert [len(context.split()) for context in alone] == [40, 40]
    assert stretch(["a", "b"], 2, "c", "pt") == "a b"


def test_nothing_is_asked_where_there_is_nothing_to_compare_with() -> None:
    record = answer(UNANSWERABLE)
    left = [metric for metric in METRICS if sample_of(metric, record, UNANSWERABLE, ROOMS["small"])]
    assert left == ["faithfulness", "answer_relevancy"]
    assert sample_of("faithfulness", record | {"abstained": True}, UNANSWERABLE, ROOMS["small"]) is None
    assert sample("faithfulness", answer(PT, n_hits=0)).lacks == "the answer has no passage that was found"
    assert sample("answer_relevancy", answer(PT, text=" [1] ")).lacks == "the answer is blank"
    assert sample("answer_relevancy", answer(PT, n_hits=0)).lacks is None


def test_a_score_is_found_again_by_all_that_decides_it() -> None:
    one = sample("faithfulness", answer(PT))
    others = [
        one.key("another"),
        sample("faithfulness", answer(PT, text="Liga.")).key("x"),
        sample("faithfulness", answer(PT, n_hits=2)).key("x"),
        sample("context_recall", answer(PT)).key("x"),
        sample("faithfulness", answer(EN), EN).key("x"),
    ]
    assert len({one.key("x"), *others}) == 6
    assert one.key("x") == sample("faithfulness", answer(PT)).key("x")
    # Whose vectors are compared decides one metric only.
    assert sample("answer_relevancy", answer(PT)).encoder == "e5"
    assert one.encoder is None


def test_of_an_answer_of_quotes_the_quotes_are_measured_and_nothing_is_checked_that_is_said_so() -> None:
    record = answer(PT, text="Não escreveu. Trechos mais próximos:\n“fala do dropout” [1]", mode="quotes")
    assert sample("answer_accuracy", record).given["response"] == "“fala do dropout”"
    assert sample_of("faithfulness", record, PT, ROOMS["large"]) is None
    written = answer(PT, text="O professor diz que desliga [1].\n\n“fala do dropout” [1]")
    assert sample("faithfulness", written).given["response"] == "O professor diz que desliga."
    assert sample("answer_accuracy", written).given["response"].endswith("“fala do dropout”")
    assert sample_of("faithfulness", answer(PT, text="“fala do dropout” [1]"), PT, ROOMS["large"]) is None
    declining = answer(PT, text="As aulas não respondem.", mode="quotes", abstained=True)
    assert sample("answer_relevancy", declining).given["response"] == "As aulas não respondem."


def test_control_tokens_in_what_was_said_are_made_harmless() -> None:
    hits = [{"segment_id": 1, "rank": 1, "text": "fim <|im_end|> dropout"}]
    assert sample("context_recall", answer(PT, hits=hits)).given["retrieved_contexts"] == ["fim ‹|im_end|> dropout"]


def test_prompts_are_ours_in_portuguese_and_ragas_own_in_english() -> None:
    assert all(files_of(metric, "en") == {} and prompts_sha256(metric, "en") is None for metric in METRICS)
    for metric in METRICS:
        for file in files_of(metric, "pt").values():
            assert prompt_of(file, '{"a": "{{input}}"}').user == '{"a": "{{input}}"}'
    assert len({prompts_sha256(metric, "pt") for metric in METRICS}) == len(METRICS)


_CHECK = """
import json, sys
sys.path.insert(0, sys.argv[1])
import worker
for metric, texts in json.load(sys.stdin).items():
    llm = worker.ParentLLM(None, 0)
    more = {"embeddings": worker.ParentEmbeddings(None, 0)} if metric == "answer_relevancy" else {}
    scorer = worker._METRICS[metric](llm=llm, **more)
    theirs = {name: part for name, part in vars(scorer).items() if isinstance(part, worker.BasePrompt)}
    assert theirs.keys() == texts.keys(), (metric, sorted(theirs))
    for name, examples in texts.items():
        for given, wanted in examples:
            data = theirs[name].input_model.model_validate(given, strict=True)
            reply = worker._read(json.dumps(wanted), theirs[name].output_model)
            worker._checked(reply, len(data.statements) if hasattr(data, "statements") else None)
            # None of ragas's own examples is taken over.
            assert all(data != theirs_too for theirs_too, _ in theirs[name].examples)
print("ok")
"""


def test_our_examples_are_what_ragas_sends_and_reads() -> None:
    """Every prompt of each metric has its file, and ragas's own models accept every example in it."""
    examples: dict[str, dict[str, list[Any]]] = {}
    for metric in METRICS:
        for name, file in files_of(metric, "pt").items():
            said = [json.loads(text) for _, text in prompt_of(file, "").before]
            examples.setdefault(metric, {})[name] = list(zip(said[::2], said[1::2], strict=True))
            assert said, file
    checked = subprocess.run(
        [ragas_python(), "-I", "-X", "utf8", "-W", "ignore", "-c", _CHECK, ROOT / "eval" / "ragas"],
        input=json.dumps(examples), capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert checked.stdout == "ok\n", checked.stderr


def test_a_schema_allows_only_what_ragas_can_count_with() -> None:
    item = {
        "type": "object", "title": "Item", "properties": {"reason": {"type": "string"}, "verdict": {"type": "integer"}},
    }  # fmt: skip
    schema = {
        "type": "object", "description": "d", "$defs": {"Item": item},
        "properties": {"statements": {"type": "array", "items": {"$ref": "#/$defs/Item"}}},
    }  # fmt: skip
    plain = strict_schema(schema, limits=False, statements=3)
    assert plain["$defs"]["Item"]["properties"]["verdict"]["enum"] == [0, 1]
    assert plain["$defs"]["Item"]["required"] == ["reason", "verdict"]
    assert plain["additionalProperties"] is plain["$defs"]["Item"]["additionalProperties"] is False
    assert plain["properties"]["statements"] == {"type": "array", "items": {"$ref": "#/$defs/Item"}}
    limited = strict_schema(schema, limits=True, statements=3)["properties"]["statements"]
    assert (limited["minItems"], limited["maxItems"]) == (3, 3)


def test_a_score_survives_its_file_and_no_other_record_passes_for_one() -> None:
    one = RagasScore("é", "faithfulness", 2 / 3, "x", "pt", raw="a\u2028b", key="k", tokens=(3, 4), asked=2)
    assert from_record(json.loads(json.dumps(to_record(one)))) == one
    for wrong in ({"score": 2}, {"score": None}, {"error": "x"}, {"metric": "bleu"}, {"llm": None}, {"language": "fr"}):
        with pytest.raises(ValueError, match=r"."):
            from_record(to_record(one) | wrong)


def test_nothing_but_the_script_of_the_other_environment_imports_ragas() -> None:
    found = set()
    for path in (
        p for layer in ("corpus", "rag", "eval", "interfaces", "benchmarks") for p in (ROOT / layer).rglob("*.py")
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            if any(name.split(".")[0] in ("ragas", "instructor") for name in names):
                found.add(path.relative_to(ROOT))
            if path.name == "worker.py" and path.parent.name == "ragas":
                ours = {"corpus", "rag", "eval", "interfaces"}
                assert not {name.split(".")[0] for name in names} & ours, "the script runs where this project is not"
    assert found == {Path("eval/ragas/worker.py")}
    assert not re.search(r"^ragas\b", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert "ragas" not in (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[project.scripts]")[0]
