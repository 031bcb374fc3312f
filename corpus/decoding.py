"""Bytes to text, whatever the file's encoding claims to be. It does not parse anything.

UTF-8 comes first; then what real transcripts turn out to be: UTF-16 from Windows editors, Windows-1252
from old subtitle tools, UTF-8 with a few damaged bytes. A decoding never fails; how much of it is a guess
stands in the result.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from charset_normalizer import from_bytes

_BOMS = (
    # UTF-32 first: its little-endian mark starts with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES = 65_536
_WESTERN = frozenset("áàâãäéèêëíìîïóòôõöúùûüçñýÁÀÂÃÄÉÊÍÓÔÕÖÚÜÇÑ“”‘’–—…ºª°«»•€·¿¡ß\xa0")
# Everything below U+0020 but tab, line feed, form feed and carriage return, and DEL and the C1 block.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1b\x7f-\x84\x86-\x9f]")
# Marks without width that captions carry about: byte order marks inside the text, direction marks.
_INVISIBLE = re.compile("[\ufeff\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Decoded:
    r"""A file's text.

    Attributes:
        text: lines end in ``\n`` only; no byte order mark, no NUL, no lone surrogate.
        encoding: the Python name of the encoding that was used.
        damaged: how many characters could not be decoded and are U+FFFD in ``text``.
    """

    text: str
    encoding: str
    damaged: int = 0


def decode(data: bytes) -> Decoded:
    r"""Decode a whole file.

    >>> decode("Olá".encode("cp1252")).text
    'Olá'
    >>> decode("\ufeffOlá\r\n".encode("utf-16-le"))
    Decoded(text='Olá\n', encoding='utf-16-le', damaged=0)
    """
    text, encoding = _decode(data)
    damaged = 0 if encoding == "utf-8" and "\ufffd".encode() in data else text.count("\ufffd")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "").replace("\x00", "")
    return Decoded(text, encoding, damaged)


def _decode(data: bytes) -> tuple[str, str]:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace"), encoding
    wide = _wide_encoding(data[:4096])
    if wide is not None:
        return data.decode(wide, errors="replace"), wide
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    lenient = data.decode("utf-8", errors="replace")
    damaged = lenient.count("\ufffd")
    # Bytes of an 8-bit encoding hardly ever form UTF-8 sequences by chance; a cut or spoilt UTF-8 file has
    # many good ones beside the bad.
    if sum(map(len, re.findall(r"[^\x00-\x7f\ufffd]+", lenient))) > damaged:
        return lenient, "utf-8"
    return _eight_bit(data)


def _wide_encoding(sample: bytes) -> str | None:
    """UTF-16 without a mark shows as a NUL in nearly every other byte."""
    half = len(sample) // 2
    if half < 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.6 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.6 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def _eight_bit(data: bytes) -> tuple[str, str]:
    sample = data[:_SAMPLE_BYTES]
    western = sample.decode("cp1252", errors="replace")
    foreign = re.findall(r"[^\x00-\x7f]", western)
    if sum(character in _WESTERN for character in foreign) >= 0.8 * len(foreign):
        return data.decode("cp1252", errors="replace"), "cp1252"
    # charset-normalizer needs text to judge by; on binary junk it costs seconds and says nothing.
    guess = None if looks_binary(western) else from_bytes(sample).best()
    encoding = "cp1252" if guess is None else guess.encoding
    return data.decode(encoding, errors="replace"), encoding


def looks_binary(text: str) -> bool:
    """Whether what was decoded is no text at all: more than one control or damaged character in ten."""
    sample = text[:_SAMPLE_BYTES]
    junk = len(_CONTROL.findall(sample)) + sample.count("\ufffd")
    return junk > 0.1 * len(sample)


def clean_text(text: str) -> str:
    r"""Whitespace as single spaces, no control or invisible characters, accents composed (NFC).

    Lone surrogates (JSON can smuggle them in) become U+FFFD, so that the result can always be encoded.

    >>> clean_text("  a\u0303\n<b>\x07 ")
    'ã <b>'
    """
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _INVISIBLE.sub("", _CONTROL.sub("", " ".join(text.split())))
    return " ".join(unicodedata.normalize("NFC", text).split())
