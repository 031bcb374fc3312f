"""The encoder as an ONNX graph for onnxruntime, written from its safetensors: fp32, or int8 in the products.

One text at a time and no padding, so a vector depends on its own text alone. The graph ends at the last hidden
states; the mean is taken in `rag.encoder`. Attention is onnxruntime's fused operator.

int8: weights per output column; activations are quantised where the graph runs, with one scale a tensor
(``DynamicQuantizeMatMul``). E5's feed-forward layers have single tokens with values twenty times the others',
which would take all of that scale: there each token is first divided by its own largest value. On ten real
400-token passages this moves the lowest cosine to fp32 from 0.9954 to 0.9995, for 6 % of the time. Processors
without VNNI add products in pairs of 16 bits, which can overflow: simulated, the lowest cosine is then 0.998.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.encoder_config import EncoderConfig, read_config
from rag.errors import MissingExtra, ModelUnavailable

_MS = "com.microsoft"
_OPSET = 18
_IR_VERSION = 9
_PREFIXES = ("", "bert.", "roberta.", "model.")
_TINY = 1e-6
_GELU_DEPTH = 0.17  # GELU is never below -0.17


def write_graph(model_folder: Path, into: Path, *, int8: bool) -> None:
    """Write ``model.onnx`` and its ``weights.bin`` for the encoder in ``model_folder``.

    Input ``ids`` (1, n_tokens) int64; output ``hidden`` (1, n_tokens, dim) float32.

    Raises:
        MissingExtra: the package onnx is not installed.
        ModelUnavailable: another architecture, or a tensor is missing.
    """
    try:
        import onnx  # noqa: PLC0415 (only to build, once)
    except ImportError as error:
        raise MissingExtra("onnx", "embedded") from error
    from safetensors import safe_open  # noqa: PLC0415

    config = read_config(model_folder)
    if config.architecture not in ("bert", "xlm-roberta") or config.activation != "gelu":
        kind = f"{config.architecture} / {config.activation}"
        raise ModelUnavailable(
            pt=f"{model_folder}: a arquitetura {kind} não tem versão ONNX aqui; use runtime = torch",
            en=f"{model_folder}: the architecture {kind} has no ONNX form here; use runtime = torch",
        )
    with safe_open(model_folder / "model.safetensors", framework="np") as weights:
        graph = _Graph(_Weights(weights, model_folder), config, int8=int8)
        model = graph.build()
    onnx.save_model(
        model,
        into / "model.onnx",
        save_as_external_data=True,  # mapped into memory when read, and free of protobuf's 2 GB
        location="weights.bin",
        size_threshold=1024,
    )


class _Weights:
    """Tensors of a safetensors file by BERT's names, whatever the file puts before them."""

    def __init__(self, file: Any, folder: Path) -> None:  # noqa: ANN401 (safetensors has no type for it)
        self.file = file
        self.folder = folder
        names = set(file.keys())
        probe = "embeddings.word_embeddings.weight"
        self.prefix = next((prefix for prefix in _PREFIXES if prefix + probe in names), "")
        self.names = names

    def __call__(self, name: str) -> NDArray[np.float32]:
        full = self.prefix + name
        if full not in self.names:
            raise ModelUnavailable(
                pt=f"{self.folder / 'model.safetensors'} não tem o tensor {full}; use runtime = torch",
                en=f"{self.folder / 'model.safetensors'} lacks the tensor {full}; use runtime = torch",
            )
        return np.asarray(self.file.get_tensor(full), dtype=np.float32)


@dataclass(slots=True)
class _Graph:
    """Collects nodes and constants; every method gives the name of what it computes."""

    weights: _Weights
    config: EncoderConfig
    int8: bool
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def build(self) -> Any:  # noqa: ANN401 (an onnx ModelProto; onnx is imported only when needed)
        from onnx import TensorProto, helper  # noqa: PLC0415

        states = self.embeddings("ids")
        for layer in range(self.config.layers):
            states = self.layer(states, f"encoder.layer.{layer}")
        self.node("Identity", [states], "hidden")
        width = self.weights("embeddings.LayerNorm.bias").shape[0]
        ids = helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "tokens"])
        hidden = helper.make_tensor_value_info("hidden", TensorProto.FLOAT, [1, "tokens", width])
        graph = helper.make_graph(self.nodes, "encoder", [ids], [hidden], self.constants)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_MS, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="monitoria")

    def node(self, kind: str, inputs: Iterable[str], output: str, domain: str = "", **attributes: Any) -> str:  # noqa: ANN401
        from onnx import helper  # noqa: PLC0415

        self.nodes.append(helper.make_node(kind, list(inputs), [output], output, domain=domain, **attributes))
        return output

    def constant(self, name: str, value: NDArray[Any]) -> str:
        from onnx import numpy_helper  # noqa: PLC0415

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def embeddings(self, ids: str) -> str:
        """Word, position and token type (always the first) summed, then normalised."""
        words = self.constant("words", self.weights("embeddings.word_embeddings.weight"))
        types = self.weights("embeddings.token_type_embeddings.weight")
        positions = self.weights("embeddings.position_embeddings.weight")[self.config.first_position :] + types[0]
        bounds = [self.constant(f"number_{n}", np.array([n])) for n in range(3)]
        length = self.node("Slice", [self.node("Shape", [ids], "shape"), bounds[1], bounds[2]], "length")
        places = self.node("Slice", [self.constant("positions", positions), bounds[0], length, bounds[0]], "places")
        summed = self.node("Add", [self.node("Gather", [words, ids], "looked_up"), places], "embedded")
        return self.norm(summed, "embeddings.LayerNorm")

    def layer(self, states: str, name: str) -> str:
        """One transformer layer, normalised after each half, as BERT is."""
        attended = self.attention(states, f"{name}.attention")
        states = self.norm(self.node("Add", [attended, states], f"{name}.half"), f"{name}.attention.output.LayerNorm")
        first, second = f"{name}.intermediate.dense", f"{name}.output.dense"
        wide = self.token_product(states, first, self.largest(states, first))
        active = self.node("BiasGelu", [wide, self.bias([first])], f"{name}.gelu", _MS)
        narrow = self.token_product(active, second, self.largest(active, second, at_least=_GELU_DEPTH))
        narrow = self.node("Add", [narrow, self.bias([second])], f"{name}.narrow")
        return self.norm(self.node("Add", [narrow, states], f"{name}.whole"), f"{name}.output.LayerNorm")

    def attention(self, states: str, name: str) -> str:
        """Self-attention; query, key and value come of one product."""
        parts = [f"{name}.self.{part}" for part in ("query", "key", "value")]
        self.split(self.linear(states, parts), parts)
        mixed = self.node("MultiHeadAttention", parts, f"{name}.mixed", _MS, num_heads=self.config.heads)
        return self.linear(mixed, [f"{name}.output.dense"])

    def split(self, states: str, outputs: list[str]) -> None:
        from onnx import helper  # noqa: PLC0415

        self.nodes.append(helper.make_node("Split", [states], outputs, axis=-1, num_outputs=len(outputs)))

    def norm(self, states: str, name: str) -> str:
        # Not SkipLayerNormalization: onnxruntime's CPU kernel for the fused form takes eight times as long.
        scale = self.constant(f"{name}.weight", self.weights(f"{name}.weight"))
        bias = self.constant(f"{name}.bias", self.weights(f"{name}.bias"))
        inputs = [states, scale, bias]
        return self.node("LayerNormalization", inputs, f"{name}.normal", axis=-1, epsilon=self.config.epsilon)

    def linear(self, states: str, names: list[str]) -> str:
        """The named linear layers side by side, bias and all; in int8 the tensor shares one scale."""
        key, bias = names[0], self.bias(names)
        if self.int8:
            inputs = [states, *self.quantised(names), "", bias]
            return self.node("DynamicQuantizeMatMul", inputs, f"{key}.linear", _MS)
        product = self.node("MatMul", [states, self.constant(f"{key}.matrix", self.matrix(names))], f"{key}.product")
        return self.node("Add", [product, bias], f"{key}.linear")

    def token_product(self, states: str, name: str, largest: str) -> str:
        """The named layer without its bias; in int8 each token is divided by its own largest value meanwhile."""
        if not self.int8:
            return self.node(
                "MatMul", [states, self.constant(f"{name}.matrix", self.matrix([name]))], f"{name}.product"
            )
        even = self.node("Mul", [states, self.node("Reciprocal", [largest], f"{name}.inverse")], f"{name}.even")
        scaled = self.node("DynamicQuantizeMatMul", [even, *self.quantised([name])], f"{name}.scaled", _MS)
        return self.node("Mul", [scaled, largest], f"{name}.product")

    def largest(self, states: str, key: str, at_least: float | None = None) -> str:
        """Each token's largest absolute value, (1, n_tokens, 1), never zero.

        ``at_least`` says how far below zero values reach: then the largest value itself is enough.
        """
        if not self.int8:
            return ""
        if at_least is None:
            states = self.node("Abs", [states], f"{key}.absolute")
        axis = self.constant(f"{key}.axis", np.array([-1]))
        floor = self.constant(f"{key}.floor", np.array(at_least or _TINY, dtype=np.float32))
        found = self.node("ReduceMax", [states, axis], f"{key}.found", keepdims=1)
        return self.node("Max", [found, floor], f"{key}.largest")

    def quantised(self, names: list[str]) -> list[str]:
        """The joined weights as int8 with one scale an output column."""
        key, matrix = names[0], self.matrix(names)
        scales = np.maximum(np.abs(matrix).max(axis=0), _TINY) / 127
        values = self.constant(f"{key}.matrix", np.rint(matrix / scales).astype(np.int8))
        return [values, self.constant(f"{key}.scales", scales.astype(np.float32))]

    def matrix(self, names: list[str]) -> NDArray[np.float32]:
        """Weights of the named layers side by side, (in, out)."""
        return np.concatenate([self.weights(f"{name}.weight") for name in names]).T

    def bias(self, names: list[str]) -> str:
        return self.constant(f"{names[0]}.bias", np.concatenate([self.weights(f"{name}.bias") for name in names]))
