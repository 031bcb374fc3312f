"""Builds the `tokenizers` tokenizer of a carried E5: SentencePiece unigram with its own character table.

The table is given to `tokenizers` as the charsmap that SentencePiece itself would write: a double-array trie
(darts-clone's units) from UTF-8 characters to offsets in a block of replacements, each ended by a zero byte.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from rag.models.e5_carried import CarriedE5

_HAS_LEAF = 1 << 8
_OFFSET_SHIFT = 10
_LEAF = 1 << 31


def build_tokenizer(carried: CarriedE5) -> Tokenizer:
    """The tokenizer of the file: the same token ids as its own engine gives.

    Two things follow the original model rather than the engine, which knows single characters only: letters with
    a separate accent are composed first, and a run of unknown characters is one unknown token.
    """
    special, pieces = carried.special, carried.pieces
    tokenizer = Tokenizer(models.Unigram(list(pieces), unk_id=special.unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFC(),
            normalizers.Precompiled(compile_charsmap(carried.normalisation)),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    # "first": a text has one leading mark, also where it spells out a special token in its middle.
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=True)
    bos, eos = pieces[special.bos][0], pieces[special.eos][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, special.bos), (eos, special.eos)],
    )
    names = [pieces[index][0] for index in (special.bos, special.pad, special.eos, special.unk)]
    tokenizer.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in names])
    return tokenizer


@dataclass(slots=True)
class _Node:
    """A trie node: children by byte, and the replacement's offset where a character ends here."""

    children: dict[int, _Node] = field(default_factory=dict)
    value: int | None = None


def compile_charsmap(table: Mapping[str, str]) -> bytes:
    """A SentencePiece charsmap: u32 byte length of the trie, the trie, the replacements."""
    root, replacements = _Node(), bytearray()
    for character, replacement in sorted(table.items()):
        node = root
        for byte in character.encode():
            node = node.children.setdefault(byte, _Node())
        node.value = len(replacements)
        replacements += replacement.encode() + b"\0"
    units = _double_array(root)
    return struct.pack(f"<I{len(units)}I", 4 * len(units), *units) + bytes(replacements)


def _double_array(root: _Node) -> list[int]:
    """Units of the trie; child ``c`` of the node at ``p`` lies at ``p ^ offset(p) ^ c``, its leaf at ``c = 0``."""
    units: dict[int, int] = {0: 0}
    bases: set[int] = set()
    ends: list[tuple[int, int, int]] = []
    pending = [(0, 0, root)]  # position, label, node
    while pending:
        position, label, node = pending.pop()
        if not node.children and node.value is not None:
            ends.append((position, label, node.value))
            continue
        base = _free_base(sorted(node.children), node.value is not None, units, bases)
        leaf = 0 if node.value is None else _HAS_LEAF
        units[position] = label | leaf | (position ^ base) << _OFFSET_SHIFT
        if node.value is not None:
            units[base] = node.value | _LEAF
        for child in sorted(node.children, reverse=True):
            units[base ^ child] = 0  # taken; filled when its turn comes
            pending.append((base ^ child, child, node.children[child]))
    # Nodes without children need one slot each: they fill the holes, in one pass over the array.
    holes = (slot for slot in count(1) if slot not in units and slot not in bases)
    for (position, label, value), slot in zip(ends, holes, strict=False):
        units[position] = label | _HAS_LEAF | (position ^ slot) << _OFFSET_SHIFT
        units[slot] = value | _LEAF
    # The reader looks at any byte's unit before it compares labels, so every block of 256 has to be whole.
    size = (max(units) // 256 + 1) * 256
    return [units.get(position, 0) for position in range(size)]


def _free_base(children: list[int], ends_here: bool, units: Mapping[int, int], bases: set[int]) -> int:
    """The first base, noted in ``bases``, whose slots for the children (and for a leaf) are all free."""
    labels = [0, *children] if ends_here else children
    base = next(base for base in count(1) if base not in bases and not any(base ^ label in units for label in labels))
    bases.add(base)
    return base
