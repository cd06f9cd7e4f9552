"""Which models are used, part by part."""

import pytest

from sentivox.errors import ModelError
from sentivox.models.catalog import CatalogModel, catalog, find_model
from sentivox.models.selection import CUSTOM, ModelChoice, select


def here(*names: str):
    """A machine with these models."""
    return lambda model: model.id in names


def chosen(choice: ModelChoice, *names: str, language: str | None = "en") -> tuple[str, str]:
    ids = select(choice, here(*names), language).ids
    return ids["asr"], ids["text"]


@pytest.mark.parametrize(
    ("names", "asr"),
    [
        ((), "pocketsphinx"),
        (("whisper-tiny.en",), "whisper-tiny.en"),
        (("whisper-tiny.en", "whisper-base"), "whisper-base"),
        (("whisper-base", "whisper-base.en"), "whisper-base.en"),
        (("whisper-large-v3-turbo", "distilbert-sst2"), "pocketsphinx"),
    ],
)
def test_auto_takes_the_best_recogniser_that_is_here(names: tuple[str, ...], asr: str) -> None:
    assert chosen(ModelChoice(), *names) == (asr, "embedded")


def test_each_part_is_chosen_by_itself() -> None:
    both = "distilbert-multilingual", "whisper-tiny.en"
    assert chosen(ModelChoice(), both[0]) == ("pocketsphinx", "distilbert-multilingual")
    assert chosen(ModelChoice(), *both) == ("whisper-tiny.en", "distilbert-multilingual")
    assert chosen(ModelChoice(text="embedded"), *both) == ("whisper-tiny.en", "embedded")
    assert chosen(ModelChoice(asr="pocketsphinx"), *both)[0] == "pocketsphinx"


@pytest.mark.parametrize(
    ("language", "asr"),
    [("en", "whisper-small.en"), ("zh", "whisper-base"), (None, "whisper-base")],
)
def test_auto_takes_one_that_speaks_the_language(language: str | None, asr: str) -> None:
    models = "whisper-small.en", "whisper-base"
    assert chosen(ModelChoice(), *models, language=language)[0] == asr


def test_where_none_speaks_the_language_the_best_is_taken() -> None:
    """What is asked of it is refused when a stream is opened, with what it does speak."""
    assert chosen(ModelChoice(), "whisper-tiny.en", language="zh")[0] == "whisper-tiny.en"


@pytest.mark.parametrize("profile", catalog().profiles, ids=lambda profile: profile.name)
def test_a_profile_is_a_name_for_a_combination(profile) -> None:
    selection = select(ModelChoice(profile.name), here())
    assert selection.ids == profile.parts
    assert selection.profile == profile.name


def test_a_named_part_takes_the_place_of_the_profiles() -> None:
    choice = ModelChoice("standard", text="roberta-sentiment")
    selection = select(choice, here())
    assert selection.ids == {
        "asr": "whisper-tiny.en", "text": "roberta-sentiment", "tone": "embedded",
    }  # fmt: skip
    assert selection.profile == CUSTOM


def test_windows_alone_score_tone_where_that_is_asked() -> None:
    assert select(ModelChoice("standard"), here()).utterance_tone
    chosen = select(ModelChoice("standard", tone="mfcc"), here())
    assert (chosen.tone, chosen.utterance_tone, chosen.ids["tone"]) == (None, False, "mfcc")
    assert chosen.profile == CUSTOM
    blueprint = select(ModelChoice("blueprint"), here())
    assert not blueprint.utterance_tone
    assert select(ModelChoice("blueprint", tone="embedded"), here()).utterance_tone


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (ModelChoice("best"), r"no profile 'best': use auto, embedded, standard, accurate, multi"),
        (ModelChoice("whisper-base"), r"use --asr whisper-base"),
        (
            ModelChoice(asr="whisper-huge"),
            r"no recogniser .* pocketsphinx, whisper-tiny\.en",
        ),
        (ModelChoice(asr="distilbert-sst2"), r"no recogniser is called 'distilbert-sst2'"),
        (ModelChoice(text="whisper-base"), r"no text model .* embedded, distilbert-sst2, rob"),
        (ModelChoice(asr=""), r"no recogniser is called ''"),
        (ModelChoice("standard", text=""), r"no text model is called ''"),
        (
            ModelChoice(tone="whisper-base"),
            r"no tone model is called 'whisper-base': choose one of embedded, mfcc",
        ),
    ],
)
def test_what_there_is_not_is_one_line(choice: ModelChoice, message: str) -> None:
    with pytest.raises(ModelError, match=message) as raised:
        select(choice, here())
    assert "\n" not in str(raised.value)


def test_the_order_of_auto_names_models_of_its_parts() -> None:
    def roles(names: tuple[str, ...]) -> set[str]:
        models: list[CatalogModel] = [find_model(name) for name in names]
        return {model.role for model in models}

    assert (roles(catalog().auto.asr), roles(catalog().auto.text)) == ({"asr"}, {"text"})
