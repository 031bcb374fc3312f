"""The exception tree. Every message says what was wrong, the value, and what to do next.

MonitoriaError                 exit 1
├── UsageError                 exit 2: the request itself is wrong
│   ├── DuplicateLecture       two files claim one lecture id
│   ├── SettingsError          an unknown or impossible setting
│   └── MissingExtra           an optional package is needed and absent
├── UnreadableSource           a source file that cannot be read as what it is
├── ModelUnavailable           no source of weights could give the model
│   └── ChecksumMismatch       weights arrived, and are not the ones that were asked for
├── IndexProblem
│   ├── IndexMissing           there is no index in that folder
│   ├── IndexDamaged           a file of the index is missing or changed
│   ├── IndexForeign           the index was built with another encoder or format
│   └── IndexBusy              another build holds the folder
└── GenerationFailed           the language model failed, hung or broke off
"""

from __future__ import annotations

from corpus.errors import DuplicateLecture, MonitoriaError, UnreadableSource, UsageError

__all__ = [
    "ChecksumMismatch",
    "DuplicateLecture",
    "GenerationFailed",
    "IndexBusy",
    "IndexDamaged",
    "IndexForeign",
    "IndexMissing",
    "IndexProblem",
    "MissingExtra",
    "ModelUnavailable",
    "MonitoriaError",
    "SettingsError",
    "UnreadableSource",
    "UsageError",
]


class SettingsError(UsageError):
    """An unknown key or an impossible value in the settings."""


class MissingExtra(UsageError):
    """An optional package is needed and not installed; the message has the install command."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            pt=f"falta o pacote {package}; instale com: pip install 'monitoria[{extra}]'",
            en=f"the package {package} is missing; install it with: pip install 'monitoria[{extra}]'",
        )


class ModelUnavailable(MonitoriaError):
    """No source of weights could give the model that was asked for."""


class ChecksumMismatch(ModelUnavailable):
    """Weights arrived and are not the ones that were asked for; they were not kept."""


class IndexProblem(MonitoriaError):
    """The index cannot be used as it is; the message has the command that mends it."""


class IndexMissing(IndexProblem):
    """There is no index in that folder."""


class IndexDamaged(IndexProblem):
    """A file of the index is missing or is not what the manifest says."""


class IndexForeign(IndexProblem):
    """The index was built with another encoder or another format."""


class IndexBusy(IndexProblem):
    """Another process is building in this folder."""


class GenerationFailed(MonitoriaError):
    """The language model failed, hung, or broke off; the passages are still there."""
