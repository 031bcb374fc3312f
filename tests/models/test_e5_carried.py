"""The carried E5: read to the bit, turned into a folder that is always the same, equal to its own engine."""

from __future__ import annotations

import struct
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file
from tokenizers import Tokenizer, normalizers

from rag.encoder import Encoder
from rag.encoder_choice import sample_passages
from rag.errors import ModelUnavailable
from rag.models.cache import sha256_file
from rag.models.e5_carried import CarriedE5, read_carried
from rag.models.e5_folder import write_folder
from rag.models.e5_tokenizer import compile_charsmap
from rag.records import Passage, Query

TEXTS = [
    "",
    " ",
    "Olá, mundo! O que é dropout?",
    "A ação não é à toa: água, avó, avô, pinguim, ÇÃO, Ünïcödé",
    "What's the learning rate for? It's 0.001 (1e-3), isn't it?",
    "1234567890 3,14 R$ 1.000,00 50% x²",
    "emoji 😀 sozinho, e 🚀 outro",
    "controle \x01\x02 \x07 e \x7f \x8f \x9f fim",
    "largura ｆｕｌｌ ＷＩＤＴＨ １２３ ～",
    "ligaduras ﬁm ﬂor ﬀ ĳ ㎏ №",
    "NBSP\u00a0aqui, estreito\u202faqui, ideográfico\u3000aqui",
    "zero\u200bwidth, jun\u200dtor, não-jun\u200ctor, marca\u200e, bom\ufeff",
    "tabs\te\nquebras\r\nde linha\u2028e\u2029parágrafo",
    "muitos     espaços   seguidos  ",
    "  começa com espaço",
    "a marca ▁ do próprio SentencePiece ▁▁",
    "def f(x: int) -> int:\n    return x ** 2  # código",
    "https://exemplo.org/a?b=c&d=e#f",
    "palavra" * 60,
    "uma frase repetida muitas vezes. " * 200,
]


@lru_cache
def _read(path: Path) -> CarriedE5:
    return read_carried(path)


@pytest.fixture(scope="module")
def carried(carried_file: Path) -> CarriedE5:
    return _read(carried_file)


@pytest.fixture(scope="module")
def tokenizer(carried_folder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(carried_folder / "tokenizer.json"))


def tiny_file() -> bytes:
    """A whole file by hand: five pieces, one rule, one tensor of each type."""
    pieces = [b"<s>", b"<pad>", b"</s>", b"<unk>", "▁a".encode()]
    blob = b"".join(pieces)
    offsets = np.cumsum([0, *map(len, pieces)])
    head = b"E5S1" + struct.pack("<I7if", 1, 2, 1, 1, 4, 5, 8, 2, 1e-12) + struct.pack("<i", 32)
    head += struct.pack("<i4iQ", 5, 0, 2, 1, 3, len(blob)) + struct.pack("<6I", *offsets)
    head += struct.pack("<5f", 0, 0, 0, 0, -1.5) + blob
    rule = struct.pack("<IB2I", ord("ﬁ"), 2, ord("f"), ord("i"))
    head += struct.pack("<iI", 1, len(rule)) + rule + struct.pack("<i", 2)
    tensors = [
        (b"emb.ln.w", 0, 2, struct.pack("<2f", 0.5, -2)),
        (b"l0.q.w", 1, 32, np.float16(0.25).tobytes() + bytes([0x0F] * 1 + [0x88] * 14 + [0xA0])),
    ]
    at = len(head) + sum(2 + len(name) + 1 + 4 + 8 + 8 for name, *_ in tensors)
    directory, content = b"", b""
    for name, kind, elements, values in tensors:
        directory += struct.pack("<H", len(name)) + name
        directory += struct.pack("<BIQQ", kind, elements, at + len(content), len(values))
        content += values
    return head + directory + content


def test_a_file_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "tiny.bin"
    path.write_bytes(tiny_file())
    read = read_carried(path)
    assert read.pieces[4] == ("▁a", -1.5)
    assert read.normalisation == {"ﬁ": "fi"}
    assert read.tensors["emb.ln.w"].tolist() == [0.5, -2]
    # Byte 0 is 0x0F: element 0 is 15, element 16 is 0. Byte 15 is 0xA0: element 15 is 0, element 31 is 10.
    block = np.zeros(32)
    block[0], block[16], block[15], block[31] = (15 - 8) * 0.25, -8 * 0.25, -8 * 0.25, (10 - 8) * 0.25
    assert read.tensors["l0.q.w"].tolist() == block.tolist()


@pytest.mark.parametrize("cut", [0, 3, 20, 60, 100, 150, -1])
def test_a_file_that_ends_early_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "cut.bin"
    path.write_bytes(tiny_file()[:cut])
    with pytest.raises(ModelUnavailable, match="monitoria models pull"):
        read_carried(path)


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(b"E5S2" + tiny_file()[4:])
    with pytest.raises(ModelUnavailable, match="E5S2"):
        read_carried(path)


def test_the_charsmap_says_what_the_table_says_for_every_character(carried: CarriedE5) -> None:
    table = carried.normalisation
    assert len(table) == 4837
    normalizer = normalizers.Precompiled(compile_charsmap(table))
    characters = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
    wrong = [c for c in characters if normalizer.normalize_str(c) != table.get(c, c)]
    assert wrong == []


@given(st.dictionaries(st.characters(codec="utf-8", exclude_characters="\0"), st.text("abcé▁ ", max_size=3)))
@settings(max_examples=60, deadline=None)
def test_any_table_compiles_to_itself(table: dict[str, str]) -> None:
    normalizer = normalizers.Precompiled(compile_charsmap(table))
    for character, replacement in table.items():
        assert normalizer.normalize_str(character) == replacement
    assert normalizer.normalize_str("q") == table.get("q", "q")


def segment(carried: CarriedE5, text: str) -> list[int]:
    """Token ids by the book, independently: each character by the table, then the best path (Viterbi)."""
    text = "".join(carried.normalisation.get(c, c) for c in unicodedata.normalize("NFC", text))
    while "  " in text:
        text = text.replace("  ", " ")
    text = (text if text.startswith(" ") else " " + text).replace(" ", "▁")
    ids = _piece_ids(carried)
    unknown = carried.special.unk
    penalty = min(score for _, score in carried.pieces) - 10
    best: list[tuple[float, int, int]] = [(0.0, -1, -1)] + [(-np.inf, -1, -1)] * len(text)
    for start in range(len(text)):
        for end in range(start + 1, min(len(text), start + 64) + 1):
            token = ids.get(text[start:end])
            score = carried.pieces[token][1] if token is not None else penalty if end == start + 1 else -np.inf
            if best[start][0] + score > best[end][0]:
                best[end] = (best[start][0] + score, start, unknown if token is None else token)
    path, at = [], len(text)
    while at > 0:
        _, start, token = best[at]
        if not (token == unknown and path and path[-1] == unknown):  # a run of unknown ones is one token
            path.append(token)
        at = start
    return [carried.special.bos, *reversed(path), carried.special.eos]


@lru_cache
def _piece_ids_of(pieces: tuple[tuple[str, float], ...]) -> dict[str, int]:
    return {piece: index for index, (piece, _) in enumerate(pieces)}


def _piece_ids(carried: CarriedE5) -> dict[str, int]:
    return _piece_ids_of(carried.pieces)


@pytest.mark.parametrize("text", [*TEXTS, "a\u0301e\u0302o\u0303 decomposto", "漢字 と かな 😀😀😀"])
def test_token_ids_by_the_book(carried: CarriedE5, tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.encode("passage: " + text).ids == segment(carried, "passage: " + text)


@pytest.mark.parametrize("text", TEXTS)
def test_the_engine_counts_the_same_tokens(engine: Any, carried_encoder: Encoder, text: str) -> None:
    assert carried_encoder.count_tokens([text]) == [engine.token_count(text)]


def test_the_engine_gives_the_same_vectors(engine: Any, fp32_encoder: Encoder) -> None:
    long = [passage.text for passage in sample_passages()]
    ours = fp32_encoder.encode_passages([Passage(text) for text in long])
    assert (ours * engine.passage(long)).sum(axis=1).min() >= 0.9999
    # The engine rounds activations to 8 bits; over three or ten tokens that does not average out.
    short = [text for text in TEXTS if engine.token_count(text) <= 512]
    asked = fp32_encoder.encode_queries([Query(text) for text in short])
    assert (asked * engine.query(short)).sum(axis=1).min() >= 0.9995


def test_real_segments_give_the_engines_vectors(engine: Any, fp32_encoder: Encoder, shared_segments: list[str]) -> None:
    ours = fp32_encoder.encode_passages([Passage(text) for text in shared_segments])
    assert (ours * engine.passage(shared_segments)).sum(axis=1).min() >= 0.9999


def test_the_folder_is_the_same_bytes_every_time(carried: CarriedE5, carried_folder: Path, tmp_path: Path) -> None:
    write_folder(carried, tmp_path)
    names = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert len(names) == 8
    assert [sha256_file(tmp_path / name) for name in names] == [sha256_file(carried_folder / name) for name in names]


def test_the_tensors_are_those_of_a_bert_encoder(carried: CarriedE5, carried_folder: Path) -> None:
    tensors = load_file(carried_folder / "model.safetensors")
    assert len(tensors) == len(carried.tensors) == 5 + 12 * 16
    assert tensors["embeddings.word_embeddings.weight"].shape == (47_284, 384)
    assert tensors["encoder.layer.11.intermediate.dense.weight"].shape == (1536, 384)
    assert tensors["encoder.layer.0.output.dense.weight"].shape == (384, 1536)
    assert all(values.dtype == np.float32 and np.isfinite(values).all() for values in tensors.values())


def test_sentence_transformers_loads_the_folder_and_agrees(carried_folder: Path, fp32_encoder: Encoder) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(carried_folder), device="cpu", local_files_only=True)
    texts = [text for text in TEXTS if fp32_encoder.count_tokens([text])[0] <= 512]
    theirs = model.encode(["passage: " + text for text in texts])
    ours = fp32_encoder.encode_passages([Passage(text) for text in texts])
    assert (ours * theirs).sum(axis=1).min() >= 0.99999
    assert model.max_seq_length == 512
