"""Corrections: live at once, kept over every indexing, never misapplied, never silently dropped."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.records import Cue, Segment, Word
from rag.build import BuildReport, build_index
from rag.config import Settings
from rag.corrected import carried_over, corrected_segment
from rag.correction_log import read_log
from rag.corrections import correct, corrections, forget_author, history, resolve, restore
from rag.encoder import Encoder
from rag.errors import IndexBusy, IndexDamaged, IndexMissing, UsageError
from rag.generations import CORRECTIONS, build_lock, current_generation, rebuild_command
from rag.index import CourseIndex, verify_index
from rag.pipeline import Monitoria
from rag.sentences import timed_sentences

HEARD = "A Festa API recebe o pedido e responde em Jason para quem pediu."
SAID = "A FastAPI recebe o pedido e responde em JSON para quem pediu."
_SUBJECTS = ("rotas", "modelos", "bancos", "testes", "filas", "imagens", "senhas", "logs")


def srt(heard: str = HEARD, last: str = "Até a próxima aula, pessoal.") -> str:
    """Eight minutes in cues of half a minute; the second one is what was misheard."""
    texts = [f"Agora vamos olhar com calma para {subject} e ver para que servem." for subject in _SUBJECTS * 2]
    texts[1], texts[-1] = heard, last
    blocks = []
    for number, text in enumerate(texts):
        start, end = (f"00:{t // 60:02d}:{t % 60:02d},000" for t in (30 * number, 30 * number + 29))
        blocks.append(f"{number + 1}\n{start} --> {end}\n{text}\n")
    return "\n".join(blocks)


@pytest.fixture
def lectures(tmp_path: Path) -> Path:
    folder = tmp_path / "aulas"
    folder.mkdir()
    (folder / "aula-01.srt").write_text(srt(), encoding="utf-8")
    (folder / "aula-02.srt").write_text(srt("Hoje falamos de convolução."), encoding="utf-8")
    (folder / "notas.md").write_text("# Notas\n\nO gradiente desce a ladera.\n", encoding="utf-8")
    return folder


@pytest.fixture
def build(tmp_path: Path, encoder: Encoder, settings: Settings):
    def run(*sources: Path, remove: tuple[str, ...] = ()) -> BuildReport:
        return build_index(tmp_path / "index", list(sources), encoder, settings, remove=remove)

    return run


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test's vectors are kept, so that the others need not make them again."""
    return tmp_path_factory.mktemp("corrections") / "embeddings"


@pytest.fixture
def index(build, lectures: Path, tmp_path: Path, embedded: Path) -> Path:
    if embedded.exists():
        shutil.copytree(embedded, tmp_path / "index" / "embeddings")
    build(lectures)
    if not embedded.exists():
        shutil.copytree(tmp_path / "index" / "embeddings", embedded)
    return tmp_path / "index"


def segments(index: Path, lecture_id: str = "aula-01") -> list[Segment]:
    opened = CourseIndex(index)
    return [s for s in (opened.segment(row) for row in range(len(opened))) if s.lecture_id == lecture_id]


def misheard(index: Path) -> Segment:
    return next(found for found in segments(index) if "Festa API" in found.text)


def mend(index: Path, encoder: Encoder) -> Segment:
    """Correct what was misheard; the segment as it was."""
    found = misheard(index)
    correct(index, found.segment_id, found.text.replace(HEARD, SAID), by="p-7", encoder=encoder)
    return found


def status(index: Path) -> list[str]:
    return [found.status for found in corrections(index)]


def opened_without_llm(index: Path, encoder: Encoder, settings: Settings) -> Monitoria:
    llm = settings.llm.model_copy(update={"spec": "none"})
    return Monitoria.open(index, settings=settings.model_copy(update={"llm": llm}), encoder=encoder)


# What a correction does.


def test_a_correction_is_live_when_the_call_returns(index: Path, encoder: Encoder, settings: Settings) -> None:
    found = misheard(index)
    before = CourseIndex(index)
    row = before.table.row_of(found.segment_id)
    text = found.text.replace(HEARD, SAID)
    made = correct(index, found.segment_id, f"  {text}\n", by="p-7", encoder=encoder, note="nome do pacote")
    assert (made.status, made.text, made.original, made.by) == ("live", text, found.text, "p-7")
    after = CourseIndex(index)
    assert list(after.table.ids) == list(before.table.ids)
    shown = after.segment(row)
    assert (shown.text, shown.start_s, shown.end_s) == (text, found.start_s, found.end_s)
    assert np.flatnonzero((after.dense.vectors() != before.dense.vectors()).any(axis=1)).tolist() == [row]
    hits = opened_without_llm(index, encoder, settings).search("FastAPI", mode="lexical", k=3)
    assert hits[0].segment.segment_id == found.segment_id
    verify_index(index)


def test_links_still_go_to_the_second_at_which_a_sentence_begins(index: Path, encoder: Encoder) -> None:
    found = mend(index, encoder)
    shown = next(s for s in segments(index) if s.segment_id == found.segment_id)
    assert [(c.start_s, c.end_s) for c in shown.cues] == [(c.start_s, c.end_s) for c in found.cues]
    assert [sentence.start_s for sentence in timed_sentences(shown) if sentence.text == SAID] == [30.0]


def test_searches_that_run_meanwhile_are_not_disturbed(index: Path, encoder: Encoder, settings: Settings) -> None:
    course = opened_without_llm(index, encoder, settings)
    expected = [(hit.segment, hit.score) for hit in course.search("o que a API responde?", k=5)]
    found, seen, done = misheard(index), [], threading.Event()

    def student() -> None:
        while not done.is_set():
            seen.append([(hit.segment, hit.score) for hit in course.search("o que a API responde?", k=5)])

    asking = threading.Thread(target=student)
    asking.start()
    try:
        for n in range(3):
            correct(index, found.segment_id, f"{found.text} E {n} vezes.", by="p-7", encoder=encoder)
    finally:
        done.set()
        asking.join()
    assert seen
    assert all(hits == expected for hits in seen)
    assert not course.index.folder.exists()


def test_history_is_kept_and_the_original_comes_back_to_the_byte(index: Path, encoder: Encoder) -> None:
    before = CourseIndex(index).folder / "segments.parquet"
    source = before.read_bytes()
    found = mend(index, encoder)
    correct(index, found.segment_id, "A FastAPI responde.", by="p-8", encoder=encoder)
    restored = restore(index, found.segment_id, by="p-9", encoder=encoder)
    assert (restored.status, status(index)) == ("restored", ["restored"])
    assert (CourseIndex(index).folder / "segments.parquet").read_bytes() == source
    lines = history(index, found.segment_id)
    assert [(line.by, line.text) for line in lines] == [
        ("p-7", found.text.replace(HEARD, SAID)),
        ("p-8", "A FastAPI responde."),
        ("p-9", None),
    ]
    assert {line.original for line in lines} == {found.text}
    correct(index, found.segment_id, "A FastAPI responde.", by="p-8", encoder=encoder)
    assert correct(index, found.segment_id, found.text, by="p-8", encoder=encoder).status == "restored"


# What a build does with it.


def test_the_next_build_keeps_it_and_changes_nothing(build, index: Path, lectures: Path, encoder: Encoder) -> None:
    found = mend(index, encoder)
    generation = current_generation(index)
    report = build(lectures)
    assert (report.unchanged, report.n_embedded) == (("aula-01", "aula-02", "notas"), 0)
    assert report.generation == generation == current_generation(index)
    assert (status(index), report.warnings) == (["live"], ())
    assert any(SAID in s.text and s.segment_id == found.segment_id for s in segments(index))


def test_a_change_elsewhere_in_the_lecture_keeps_it(build, index: Path, lectures: Path, encoder: Encoder) -> None:
    found = mend(index, encoder)
    (lectures / "aula-01.srt").write_text(srt(last="Fim da aula sobre APIs."), encoding="utf-8")
    report = build(lectures)
    assert (report.changed, report.n_embedded, status(index)) == (("aula-01",), 1, ["live"])
    assert any(SAID in s.text and s.segment_id == found.segment_id for s in segments(index))


def test_a_change_of_that_very_text_is_a_conflict_until_it_is_resolved(
    build, index: Path, lectures: Path, encoder: Encoder
) -> None:
    found = mend(index, encoder)
    (lectures / "aula-01.srt").write_text(srt(HEARD.replace("Festa", "Fast")), encoding="utf-8")
    report = build(lectures)
    assert f"correction of segment {found.segment_id} waits" in report.warnings[0].en
    conflict = corrections(index)[0]
    assert (conflict.status, conflict.segment_id) == ("conflict", found.segment_id)
    assert conflict.text == found.text.replace(HEARD, SAID)
    (present,) = conflict.present
    assert "Fast API" in present.text
    assert not any(SAID in s.text for s in segments(index))
    with pytest.raises(UsageError, match="its correction is in conflict"):
        restore(index, found.segment_id, by="p-7", encoder=encoder)

    made = resolve(index, found.segment_id, to=present.segment_id, by="p-8", encoder=encoder)
    assert (made.segment_id, made.text, made.status) == (present.segment_id, conflict.text, "live")
    assert [c.status for c in corrections(index)] == ["restored", "live"]
    assert [line.by for line in history(index, present.segment_id)] == ["p-7", "p-8", "p-8"]
    assert build(lectures).warnings == ()
    with pytest.raises(UsageError, match="no conflict"):
        resolve(index, found.segment_id, to=None, by="p-8", encoder=encoder)


def test_a_conflict_can_be_dropped_and_ends_by_itself_when_the_text_is_back(
    build, index: Path, lectures: Path, encoder: Encoder
) -> None:
    mend(index, encoder)
    (lectures / "aula-01.srt").write_text(srt("Outra frase."), encoding="utf-8")
    build(lectures)
    assert status(index) == ["conflict"]
    (lectures / "aula-01.srt").write_text(srt(), encoding="utf-8")
    build(lectures)
    assert status(index) == ["live"]
    (lectures / "aula-01.srt").write_text(srt("Outra frase."), encoding="utf-8")
    generation = build(lectures).generation
    dropped = resolve(index, corrections(index)[0].segment_id, to=None, by="p-8", encoder=encoder)
    assert (dropped.status, status(index), current_generation(index)) == ("restored", ["restored"], generation)
    (lectures / "aula-01.srt").write_text(srt(), encoding="utf-8")
    build(lectures)
    assert misheard(index).text == dropped.original


def test_a_lecture_that_goes_and_returns_has_its_correction(
    build, index: Path, lectures: Path, encoder: Encoder
) -> None:
    mend(index, encoder)
    build(remove=("aula-01",))
    assert status(index) == ["gone"]
    verify_index(index)
    build(lectures)
    assert status(index) == ["live"]


def test_an_index_made_anew_as_its_errors_advise_has_the_corrections(
    build, index: Path, lectures: Path, encoder: Encoder
) -> None:
    mend(index, encoder)
    advised = rebuild_command(index).split(" && ")[0]
    subprocess.run(advised, shell=True, check=True)
    assert [path.name for path in index.iterdir()] == [CORRECTIONS]
    build(lectures)
    assert status(index) == ["live"]


def test_written_material_is_corrected_too(build, index: Path, lectures: Path, encoder: Encoder) -> None:
    (found,) = segments(index, "notas")
    correct(index, found.segment_id, "O gradiente desce a ladeira.", by="p-7", encoder=encoder)
    assert segments(index, "notas")[0].cues[-1].text.endswith("ladeira.")
    (lectures / "notas.md").write_text("# Notas\n\nO gradiente desce mesmo a ladera.\n", encoding="utf-8")
    build(lectures)
    (conflict,) = corrections(index)
    assert (conflict.status, [s.lecture_id for s in conflict.present]) == ("conflict", ["notas"])


# What is refused.


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" \n\x07", r"segment \d+ is empty \(.*\); write what was said"),
        ("{}", "already has that text"),
        ("{} " + "palavra " * 600, r"has \d{3,} tokens, and the encoder reads 512; shorten it by \d+"),
    ],
)
def test_a_text_that_cannot_be_is_refused_and_leaves_no_trace(
    index: Path, encoder: Encoder, text: str, message: str
) -> None:
    found, generation = misheard(index), current_generation(index)
    with pytest.raises(UsageError, match=message):
        correct(index, found.segment_id, text.format(found.text), by="p-7", encoder=encoder)
    assert (corrections(index), current_generation(index)) == ([], generation)


def test_what_is_not_there_is_named(index: Path, encoder: Encoder, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="segment 12 is not in the index; search again"):
        correct(index, 12, "x", by="p-7", encoder=encoder)
    with pytest.raises(UsageError, match="nothing to restore"):
        restore(index, misheard(index).segment_id, by="p-7", encoder=encoder)
    with pytest.raises(IndexMissing):
        correct(tmp_path / "nada", 12, "x", by="p-7", encoder=encoder)
    assert not (tmp_path / "nada").exists()
    with build_lock(index, wait_s=0), pytest.raises(IndexBusy, match=r"after 0 s"):
        correct(index, misheard(index).segment_id, "x", by="p-7", encoder=encoder, wait_s=0.1)


# What fails, is killed, or is damaged.


class _FailingEncoder:
    """An encoder whose machine runs out of memory."""

    def __init__(self, encoder: Encoder) -> None:
        self.identity, self.max_tokens, self.count_tokens = encoder.identity, encoder.max_tokens, encoder.count_tokens

    def token_vectors(self, texts: object) -> object:
        raise MemoryError


def test_a_correction_that_fails_is_not_kept(build, index: Path, lectures: Path, encoder: Encoder) -> None:
    found, generation = misheard(index), current_generation(index)
    with pytest.raises(MemoryError):
        correct(index, found.segment_id, "x", by="p-7", encoder=_FailingEncoder(encoder))
    (index / "CURRENT.new").mkdir()
    with pytest.raises(UsageError, match="cannot be written"):
        correct(index, found.segment_id, "x", by="p-7", encoder=encoder)
    assert (corrections(index), current_generation(index)) == ([], generation)
    (index / "CURRENT.new").rmdir()
    build(lectures)
    assert misheard(index) == found


def test_a_kill_between_keeping_and_publishing_leaves_it_waiting(
    build, index: Path, lectures: Path, encoder: Encoder
) -> None:
    generation = str(current_generation(index))
    mend(index, encoder)
    (index / "CURRENT").write_text(generation)
    assert status(index) == ["waiting"]
    report = build(lectures)
    assert (status(index), report.n_embedded, report.unchanged) == (["live"], 0, ("aula-01", "aula-02", "notas"))


_IN_A_PROCESS = """
import sys
from pathlib import Path
from rag.corrections import correct
from rag.encoder import open_encoder

encoder = open_encoder(source="carried", runtime="onnx-int8")
print("ready", flush=True)
correct(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], by="p-7", encoder=encoder)
"""


@pytest.mark.parametrize(
    "reached",
    [
        lambda index: len(list(index.glob("gen-*"))) > 1,
        lambda index: (index / "gen-000002" / "manifest.json").exists(),
        lambda index: (index / CORRECTIONS).exists(),
        lambda index: current_generation(index) == "gen-000002",
    ],
    ids=["begun", "written", "kept", "live"],
)
def test_a_correction_that_is_killed_is_made_or_not(build, index: Path, lectures: Path, reached) -> None:
    found = misheard(index)
    text = found.text.replace(HEARD, SAID)
    command = [sys.executable, "-c", _IN_A_PROCESS, str(index), str(found.segment_id), text]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    while not reached(index) and process.poll() is None:
        time.sleep(0.0005)
    process.kill()
    process.communicate()
    verify_index(index)
    kept = bool(read_log(index))
    assert kept or current_generation(index) == "gen-000001"
    build(lectures)
    assert status(index) == (["live"] if kept else [])
    assert any(SAID in s.text for s in segments(index)) == kept


def test_a_torn_last_line_is_passed_over_and_repaired(build, index: Path, lectures: Path, encoder: Encoder) -> None:
    found = mend(index, encoder)
    path = index / CORRECTIONS
    whole = path.read_bytes()
    for torn in (whole[:-1], whole + whole[:40], whole + whole[:-9]):
        path.write_bytes(torn)
        assert [change.segment_id for change in read_log(index)] == [found.segment_id]
    correct(index, found.segment_id, "A FastAPI responde.", by="p-8", encoder=encoder)
    assert path.read_bytes().startswith(whole)
    assert [change.by for change in read_log(index)] == ["p-7", "p-8"]
    path.write_bytes(whole[:-1])
    restore(index, found.segment_id, by="p-9", encoder=encoder)
    assert [change.by for change in read_log(index)] == ["p-7", "p-9"]


@pytest.mark.parametrize("damage", [b"{}", b"[1]", b"\xff\xfe", b"null", b"[" * 100_000])
def test_a_damaged_line_is_named_and_no_rebuild_is_advised(
    build, index: Path, lectures: Path, encoder: Encoder, damage: bytes
) -> None:
    mend(index, encoder)
    path = index / CORRECTIONS
    path.write_bytes(path.read_bytes() + damage + b"\n" + path.read_bytes())
    for reads in (lambda: corrections(index), lambda: build(lectures), lambda: verify_index(index)):
        with pytest.raises(IndexDamaged, match=r"corrections\.jsonl:2: not a correction") as caught:
            reads()
        assert "-delete" not in caught.value.en + caught.value.pt
    assert CourseIndex(index).manifest.n_segments


def test_an_original_that_someone_edited_in_the_file_is_not_believed(index: Path, encoder: Encoder) -> None:
    mend(index, encoder)
    path = index / CORRECTIONS
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(record | {"original": "outro texto"}) + "\n", encoding="utf-8")
    with pytest.raises(IndexDamaged, match=r"corrections\.jsonl:1"):
        read_log(index)


def test_a_person_can_be_forgotten_and_her_corrections_stay(index: Path, encoder: Encoder) -> None:
    found = mend(index, encoder)
    correct(index, found.segment_id, "A FastAPI responde.", by="p-8", encoder=encoder)
    assert forget_author(index, "p-7") == 1
    assert [change.by for change in history(index, found.segment_id)] == ["", "p-8"]
    assert (status(index), b"p-7" in (index / CORRECTIONS).read_bytes()) == (["live"], False)


# The new words and the old times.


def test_words_that_stay_keep_their_times_and_the_others_share_those_they_replace() -> None:
    times = [("A", 0.0, 0.2), ("Festa", 0.2, 0.6), ("API", 0.6, 1.0), ("responde", 1.2, 2.0)]
    cue = Cue("A Festa API responde", 0.0, 2.0, tuple(Word(*word) for word in times))
    segment = Segment(1, "aula-01", 0.0, 2.0, cue.text, (cue,))
    (one,) = corrected_segment(segment, "A FastAPI responde.").cues
    assert one.words == (Word("A", 0.0, 0.2), Word("FastAPI", 0.2, 1.0), Word("responde.", 1.2, 2.0))
    (two,) = corrected_segment(segment, "A Festa API nos responde").cues
    assert two.words[3] == Word("nos", 1.0, 1.2)
    (three,) = corrected_segment(segment, "A Fast APIs responde").cues
    assert [(w.text, round(w.start_s, 3), round(w.end_s, 3)) for w in three.words[1:3]] == [
        ("Fast", 0.2, 0.6),
        ("APIs", 0.6, 1.0),
    ]


_WORDS = st.lists(st.sampled_from("a é o que FastAPI rota Rota, rota. — json".split()), min_size=1, max_size=12)


@given(st.lists(_WORDS, min_size=1, max_size=6), st.lists(_WORDS, min_size=1, max_size=6), st.booleans())
def test_nothing_is_lost_and_times_never_go_back(old: list[list[str]], new: list[list[str]], timed: bool) -> None:
    cues, clock = [], 0.0
    for texts in old:
        words = tuple(Word(text, clock + n, clock + n + 0.8) for n, text in enumerate(texts))
        cues.append(Cue(" ".join(texts), clock, clock + len(texts), words if timed else ()))
        clock += len(texts)
    segment = Segment(1, "aula-01", 0.0, clock, " ".join(cue.text for cue in cues), tuple(cues))
    text = " ".join(word for words in new for word in words)
    made = corrected_segment(segment, text)
    assert " ".join(cue.text for cue in made.cues) == made.text == text
    assert [s.start_s for s in made.cues] == sorted(s.start_s or 0.0 for s in made.cues)
    for cue in made.cues:
        moments = [moment for word in cue.words for moment in (word.start_s, word.end_s)]
        assert moments == sorted(moments)
        assert not timed or " ".join(word.text for word in cue.words) == cue.text
        assert all((cue.start_s or 0.0) <= moment <= (cue.end_s or 0.0) for moment in moments)
    assert corrected_segment(segment, segment.text) == segment


def test_what_still_has_its_words_is_carried_over_to_a_changed_source() -> None:
    now = "Bom dia. " + HEARD.replace("em Jason", "em jota son")
    assert carried_over(HEARD, SAID, now) == "Bom dia. " + SAID.replace("em JSON", "em jota son")
    assert carried_over("a rota", "a nova rota", "a bela rota") == "a bela rota"


@given(_WORDS, _WORDS, _WORDS)
def test_carrying_over_to_the_same_text_corrects_it_and_no_correction_changes_nothing(
    original: list[str], text: list[str], present: list[str]
) -> None:
    first, second, third = (" ".join(words) for words in (original, text, present))
    assert carried_over(first, second, first) == second
    assert carried_over(first, first, third) == third
