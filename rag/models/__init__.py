"""Where weights come from: a local folder, the Hub, or packages on the registry that carry them.

`cache` (the folder, manifests, locks) ← `catalogue` (what is known, with checksums) ← `transport` and `fetch`
(bringing it) ← `carried` (ready for use, listed, verified) ← `sources` (which copy is used). `e5_carried`,
`e5_tokenizer` and `e5_folder` turn the carried encoder into a folder for sentence-transformers; `hub` asks the
Hugging Face Hub.
"""

from __future__ import annotations

from rag.models.cache import Progress, cache_dir
from rag.models.carried import ModelStatus, list_models, pull
from rag.models.sources import ResolvedEncoder, Source, resolve_encoder, resolve_llm
from rag.models.transport import PipTransport, Transport

__all__ = [
    "ModelStatus",
    "PipTransport",
    "Progress",
    "ResolvedEncoder",
    "Source",
    "Transport",
    "cache_dir",
    "list_models",
    "pull",
    "resolve_encoder",
    "resolve_llm",
]
