"""What is compared: ways of searching one and the same index, named.

To add one, add a line: ``overrides`` are keys of `rag.config.RetrievalSettings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.config import RetrievalSettings
from rag.records import Mode

# These shape the index itself: comparing them takes an index each.
_BUILT_IN = frozenset({"bm25_k1", "bm25_b"})


@dataclass(frozen=True, slots=True)
class Configuration:
    """A mode, and settings that differ from the defaults."""

    name: str
    mode: Mode
    overrides: Mapping[str, Any] = field(default_factory=dict)

    def settings(self) -> RetrievalSettings:
        """The whole settings of this configuration.

        Raises:
            ValueError: an override that the index has built in, or that `RetrievalSettings` does not know.
        """
        built_in = _BUILT_IN & self.overrides.keys()
        if built_in:
            message = f"{self.name}: {sorted(built_in)} are built into an index; they cannot be compared over one"
            raise ValueError(message)
        return RetrievalSettings.model_validate({**self.overrides, "mode": self.mode})


DEFAULT = Configuration("hybrid", "hybrid")
MODES = (Configuration("dense", "dense"), Configuration("lexical", "lexical"), DEFAULT)
ABLATION = (
    Configuration("without late interaction", "hybrid", {"late_weight": 0}),
    Configuration("without words", "hybrid", {"lexical_weight": 0}),
    Configuration("without windows", "hybrid", {"window_weight": 0}),
    Configuration("without neighbours", "hybrid", {"neighbour_weight": 0}),
    Configuration("late interaction alone", "hybrid", {"lexical_weight": 0, "window_weight": 0, "neighbour_weight": 0}),
    Configuration("late interaction on 20", "hybrid", {"late_candidates": 20}),
)
ALL = (*MODES, *ABLATION)
