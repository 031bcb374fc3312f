"""ragas as a process: waited for, survived, told no secret; the model that it asks may be any, or away."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from corpus.language import set_interface_language
from eval.ragas.scorer import Scorer
from rag.config import LLMSettings
from rag.errors import UsageError
from rag.llm import LLM, open_llm
from tests.evaluation.scripted_judge import ScriptedChat
from tests.evaluation.scripted_ragas import (
    no_encoder,
    only,
    ragas_python,
    replying,
    samples,
    scored,
    scorer,
    stand_in,
    verdicts,
)
from tests.scripted_server import Script, scripted_server


def test_a_reply_that_stopped_at_its_limit_is_cut_off() -> None:
    set_interface_language("pt")
    script = Script(reply=replying(statements='{"statements": ["s0", "s'), finish_reason="length")
    one = only(scored(script, "faithfulness"))
    assert (one.score, one.cause, one.error) == (None, "cut_off", "o texto parou no limite de tokens")


def test_a_model_that_is_silent_or_refuses_is_told_so() -> None:
    silent = only(scored(Script(hang_after=0), "faithfulness", timeout_s=0.3))
    assert (silent.score, silent.cause, silent.asked) == (None, "timeout", 1)
    refused = only(scored(Script(status=401), "answer_accuracy"))
    assert (refused.score, refused.cause, refused.asked) == (None, "refused", 1)
    assert "the judge refused" in (refused.error or "")


def test_a_server_without_schemas_is_asked_without(tmp_path: Path) -> None:
    """Any chat model of LangChain's will do: one of no provider that has schemas is asked in words."""
    chat = ScriptedChat(replies=['{"statements": ["s0"]}', json.dumps({"statements": verdicts(1)})])
    by = Scorer(LLM("scripted", chat, "large"), no_encoder, ragas_python(), at_once=1)
    one = only(list(by.score(samples(by, "faithfulness"))))
    assert (one.score, one.tokens, one.llm) == (1.0, (20, 4), "scripted")


def _worker_pid() -> int:
    """Of the process that this one started for ragas."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (folder / "stat").exists():
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == os.getpid() and b"eval/ragas/worker.py" in (folder / "cmdline").read_bytes():
                return int(folder.name)
    raise AssertionError("ragas is not running")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks the process up in /proc")
def test_a_death_costs_the_sample_that_was_being_scored_and_no_other() -> None:
    deaths: list[int] = []

    def kill_once(_: Mapping[str, Any]) -> dict[str, Any]:
        if not deaths:
            deaths.append(_worker_pid())
            os.kill(deaths[0], signal.SIGKILL)
        return {"statements": verdicts(1, 1, 1)}

    script = Script(reply=replying(verdicts=kill_once))
    with scripted_server(script) as url:
        by = scorer(url, at_once=1)
        dead, alive, other = by.score(samples(by, "faithfulness", "context_recall", "answer_accuracy"))
    assert (dead.score, dead.cause, dead.error) == (None, "died", "ragas died (exit -9)")
    assert (alive.score, other.score) == (0.5, 1.0)


READY = 'print(json.dumps({"ready": True, "ragas": "0.4.3"}), flush=True)\n'
NO_SERVER = "http://127.0.0.1:9/v1"


def test_ragas_that_hangs_is_given_up(tmp_path: Path) -> None:
    hung = stand_in(tmp_path, READY + "time.sleep(1.5) if sys.stdin.readline() else None")
    by = scorer(NO_SERVER, hung, silence_s=0.6, at_once=2)
    found = list(by.score(samples(by, "faithfulness", "context_recall")))
    assert [(one.score, one.cause, one.error) for one in found] == [(None, "timeout", "ragas was silent for 0.6 s")] * 2


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (READY.replace("0.4.3", "0.3.9"), "has ragas 0.3.9"),
        ('sys.exit("ModuleNotFoundError: No module named ragas")', r"does not open it \(ModuleNotFoundError"),
    ],
)
def test_another_environment_is_refused(tmp_path: Path, script: str, told: str) -> None:
    by = scorer(NO_SERVER, stand_in(tmp_path, script))
    with pytest.raises(UsageError, match=told + r".*make it with: make ragas"):
        list(by.score(samples(by, "faithfulness")))


def test_without_an_environment_nothing_is_started(tmp_path: Path) -> None:
    by = scorer(NO_SERVER, tmp_path / "bin" / "python")
    with pytest.raises(UsageError, match=r"there is no .*python; make it with: make ragas"):
        list(by.score(samples(by, "faithfulness")))
    # Nor is it needed for what has nothing to measure.
    blank = list(by.score(samples(by, "faithfulness", n_hits=0)))
    assert [(one.score, one.cause) for one in blank] == [(None, "nothing_given")]


def test_no_key_reaches_ragas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret-of-mine")
    seen = tmp_path / "seen"
    nosy = stand_in(
        tmp_path, f"import os\nopen({str(seen)!r}, 'w').write(str(dict(os.environ)) + str(sys.argv))\n" + READY
    )
    llm = open_llm(LLMSettings(spec="openai:x", base_url=NO_SERVER, api_key="another-secret"))
    assert llm is not None
    by = Scorer(llm, no_encoder, nosy)
    list(by.score(samples(by, "faithfulness")))
    assert "RAGAS_DO_NOT_TRACK" in seen.read_text()
    assert "secret" not in seen.read_text()


def test_so_many_at_once_as_allowed() -> None:
    busy = [0]

    def reply(_: Mapping[str, Any]) -> dict[str, Any]:
        busy.append(busy[-1] + 1)
        time.sleep(0.1)
        busy.append(busy[-1] - 1)
        return {"rating": 4}

    with scripted_server(Script(reply=replying(rating=reply))) as url:
        by = scorer(url, at_once=2)
        found = list(by.score(samples(by, *["answer_accuracy"] * 5)))
    assert [one.score for one in found] == [1.0] * 5
    assert max(busy) == 2
