"""What an encoder's ``config.json`` says, read once and checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from rag.errors import ModelUnavailable

_MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """Sizes of a BERT-like encoder.

    Attributes:
        architecture: ``bert`` or ``xlm-roberta`` (the E5 family); others are only refused where it matters.
        activation: of the feed-forward layers.
        dim: length of a vector.
        epsilon: of the layer norms.
        first_position: position id of a text's first token: XLM-RoBERTa's first ones are spent on padding.
        max_tokens: the most tokens it can take, special ones included.
    """

    architecture: str
    activation: str
    layers: int
    heads: int
    dim: int
    epsilon: float
    first_position: int
    max_tokens: int


def read_config(folder: Path) -> EncoderConfig:
    """The configuration of the encoder in ``folder``.

    Raises:
        ModelUnavailable: the file cannot be read, or is not that of such an encoder.
    """
    path = folder / "config.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        architecture = str(content["model_type"])
        first_position = int(content["pad_token_id"]) + 1 if architecture == "xlm-roberta" else 0
        return EncoderConfig(
            architecture=architecture,
            activation=str(content["hidden_act"]),
            layers=int(content["num_hidden_layers"]),
            heads=int(content["num_attention_heads"]),
            dim=int(content["hidden_size"]),
            epsilon=float(content["layer_norm_eps"]),
            first_position=first_position,
            max_tokens=min(_MAX_TOKENS, int(content["max_position_embeddings"]) - first_position),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable(
            pt=f"{path} não é a configuração de um codificador E5 ({error!r}); copie a pasta do modelo de novo",
            en=f"{path} is not the configuration of an E5 encoder ({error!r}); copy the model's folder again",
        ) from error
