"""Makes a sentence-transformers folder of a carried E5: fp32 safetensors, configuration, tokenizer, pooling.

The same carried file gives the same bytes every time. Nothing of torch or transformers is imported here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from rag.models.e5_carried import CarriedE5
from rag.models.e5_tokenizer import build_tokenizer

MAX_TOKENS = 512
_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_PARTS = {"w": "weight", "b": "bias"}


def write_folder(carried: CarriedE5, folder: Path) -> None:
    """Write the model into ``folder``, which exists and is empty; it loads with ``SentenceTransformer(folder)``.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
        KeyError: the carried file has a tensor that a BERT encoder does not have.
    """
    save_file(bert_tensors(carried), folder / "model.safetensors", metadata={"format": "pt"})
    build_tokenizer(carried).save(str(folder / "tokenizer.json"), pretty=False)
    for name, content in _configuration(carried).items():
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def bert_tensors(carried: CarriedE5) -> dict[str, NDArray[np.float32]]:
    """The tensors under the names and in the shapes of transformers' ``BertModel`` without its pooler."""
    shape = carried.shape
    rows = {"fi": shape.feed_forward}
    sizes = {"emb.word": shape.vocabulary, "emb.pos": shape.positions, "emb.type": shape.token_types}
    tensors = {}
    for name, values in carried.tensors.items():
        if name in _EMBEDDING_NAMES:
            target = _EMBEDDING_NAMES[name]
            tensors[target] = values.reshape(sizes[name], -1) if name in sizes else values
            continue
        layer, part, kind = name.split(".")
        target = f"encoder.layer.{int(layer[1:])}.{_LAYER_NAMES[part]}.{_PARTS[kind]}"
        is_matrix = kind == "w" and not part.endswith("ln")
        tensors[target] = values.reshape(rows.get(part, shape.hidden), -1) if is_matrix else values
    return tensors


def _configuration(carried: CarriedE5) -> Mapping[str, object]:
    """Every small file of the folder, by its path."""
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    return {
        "config.json": _model_config(carried),
        "tokenizer_config.json": _tokenizer_config(carried),
        "modules.json": [
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for index, (path, kind) in enumerate(modules)
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": carried.shape.hidden,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
        "2_Normalize/config.json": {},
        "sentence_bert_config.json": {
            "max_seq_length": MAX_TOKENS,
            "do_lower_case": False,
            # Without this, transformers makes a pooler up at random and warns about it.
            "model_args": {"add_pooling_layer": False},
        },
    }


def _model_config(carried: CarriedE5) -> Mapping[str, object]:
    shape, special = carried.shape, carried.special
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.feed_forward,
        "hidden_act": "gelu",
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.token_types,
        "layer_norm_eps": float(f"{carried.epsilon:.6g}"),
        "bos_token_id": special.bos,
        "eos_token_id": special.eos,
        "pad_token_id": special.pad,
        "position_embedding_type": "absolute",
        "torch_dtype": "float32",
    }


def _tokenizer_config(carried: CarriedE5) -> Mapping[str, object]:
    special = carried.special
    bos, eos, pad, unk = (carried.pieces[index][0] for index in (special.bos, special.eos, special.pad, special.unk))
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": MAX_TOKENS,
        "clean_up_tokenization_spaces": False,
        "bos_token": bos,
        "cls_token": bos,
        "eos_token": eos,
        "sep_token": eos,
        "pad_token": pad,
        "unk_token": unk,
    }
