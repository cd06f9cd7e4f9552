"""The models Sentivox knows how to fetch, file by file.

Revisions are commits, so a name always means the same bytes. Where a SHA-256 is given the file
must have it; where none is, the one seen at the first download is recorded and holds from then
on (`sentivox.models.store`).
"""

from dataclasses import dataclass
from typing import Final, Literal

from sentivox.errors import ModelError


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model: its path in the repository, size in bytes and SHA-256 if known."""

    path: str
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogModel:
    """A model on a hub.

    Attributes:
        id: Our name for it, and its folder's in an offline folder.
        role: What it does.
        languages: BCP-47 primary tags.
        repo: "owner/name" on the hub.
        revision: A commit, or "main" where none is pinned yet.
        files: All it needs, and nothing else.
        megabytes: What there is to download, roughly.
        licence: As its authors state it.
        about: One line for a list.
    """

    id: str
    role: Literal["asr", "text"]
    languages: tuple[str, ...]
    repo: str
    revision: str
    files: tuple[ModelFile, ...]
    megabytes: int
    licence: str
    about: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A tier of models that are pulled together. `embedded` needs none: it is in the package."""

    name: str
    models: tuple[str, ...]
    about: str


_WHISPER_SHARED = (
    ModelFile(
        "tokenizer.json",
        2_128_466,
        "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
    ),
    ModelFile(
        "vocabulary.txt",
        422_309,
        "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
    ),
)


def _whisper(
    size: str, revision: str, config: ModelFile, weights: ModelFile, about: str
) -> CatalogModel:
    files = (config, weights, *_WHISPER_SHARED)
    return CatalogModel(
        id=f"whisper-{size}.en",
        role="asr",
        languages=("en",),
        repo=f"Systran/faster-whisper-{size}.en",
        revision=revision,
        files=files,
        megabytes=round(sum(file.size or 0 for file in files) / 1e6),
        licence="MIT",
        about=about,
    )


MODELS: Final = (
    _whisper(
        "tiny",
        "0d3d19a32d3338f10357c0889762bd8d64bbdeba",
        ModelFile(
            "config.json",
            2_317,
            "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
        ),
        ModelFile(
            "model.bin",
            75_537_502,
            "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        ),
        "Whisper tiny, English: the quickest good ears",
    ),
    _whisper(
        "base",
        "3d3d5dee26484f91867d81cb899cfcf72b96be6c",
        ModelFile(
            "config.json",
            2_227,
            "f3bc3821e9fc76a27bae538e11ae5b677dcdd352b4600429ce7951d398569aeb",
        ),
        ModelFile(
            "model.bin",
            145_216_508,
            "2a166925539a16005f14ff328359f9b9adb9dc4fb631bb3b227526862e93e2ef",
        ),
        "Whisper base, English: twice the work of tiny",
    ),
    _whisper(
        "small",
        "d1d751a5f8271d482d14ca55d9e2deeebbae577f",
        ModelFile(
            "config.json",
            2_657,
            "666a9605530ac1f61fa8177f3702b4dacec9966749e42610839fcc32661d5fae",
        ),
        ModelFile(
            "model.bin",
            483_545_366,
            "62b2a45b05ee59acb4a5341b33ee35e041395d378d418a18acfe4c9e768ee37a",
        ),
        "Whisper small, English: the best ears that still fit small machines",
    ),
    CatalogModel(
        id="distilbert-sst2",
        role="text",
        languages=("en",),
        repo="Xenova/distilbert-base-uncased-finetuned-sst-2-english",
        revision="main",
        files=(
            ModelFile("config.json"),
            ModelFile("tokenizer.json"),
            ModelFile("onnx/model_quantized.onnx"),
        ),
        megabytes=68,
        licence="Apache-2.0",
        about="DistilBERT int8, film reviews, two classes and a neutral band between them",
    ),
    CatalogModel(
        id="roberta-sentiment",
        role="text",
        languages=("en",),
        repo="Xenova/twitter-roberta-base-sentiment-latest",
        revision="f3ec4d0925f90c3ca7ee7814f52d6ee7cf180445",
        files=(
            ModelFile(
                "config.json",
                887,
                "cdf2b36e0066bd9996e3b9fb3f7c095dc656a0e62c6e3a7327d4ff5541e55b51",
            ),
            ModelFile(
                "tokenizer.json",
                2_108_615,
                "1e6506713f00e34406a757acb80f9f3233c1c3950857d32bbc41bcd419d5d8b6",
            ),
            ModelFile(
                "onnx/model_quantized.onnx",
                125_905_426,
                "046f7e4cc46b399558fa9b2de966f6b0d42c69e4b01f582bfb4099b01a0bb5d7",
            ),
        ),
        megabytes=128,
        licence="CC-BY-4.0",
        about="RoBERTa int8, tweets, three classes; about twice DistilBERT's work",
    ),
)

PROFILES: Final = (
    Profile("embedded", (), "in the package: works at once, offline"),
    Profile("standard", ("whisper-tiny.en", "distilbert-sst2"), "better ears: faster-whisper"),
)


def find_model(name: str) -> CatalogModel:
    """The model called `name`.

    Raises:
        ModelError: there is none.
    """
    for model in MODELS:
        if model.id == name:
            return model
    known = ", ".join(model.id for model in MODELS)
    raise ModelError(f"no model is called {name!r}: choose one of {known}")


def find_models(name: str) -> tuple[CatalogModel, ...]:
    """The models of the profile or the one model called `name`.

    Raises:
        ModelError: there is neither.
    """
    for profile in PROFILES:
        if profile.name == name:
            return tuple(find_model(model) for model in profile.models)
    profiles = ", ".join(profile.name for profile in PROFILES)
    try:
        return (find_model(name),)
    except ModelError as error:
        raise ModelError(f"{error}, or a profile: {profiles}") from None
