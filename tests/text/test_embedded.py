"""The shipped English model, with its real weights; what holds for any language is tested here."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.errors import ModelError
from sentivox.text.embedded import EmbeddedTextModel
from sentivox.text.protocol import TextClassifier
from sentivox.types import SENTIMENTS, FloatArray

CLEAR = {
    "positive": [
        "thank you so much you have been really helpful",
        "i love it this is wonderful",
        "that's great news i'm so happy",
        "what a fantastic performance",
    ],
    "negative": [
        "this is terrible i've been waiting for an hour",
        "i am so angry nobody ever calls me back",
        "that was the worst movie i have ever seen",
        "i'm not happy with this at all",
    ],
    "neutral": [
        "my account number is four five six",
        "the train leaves at nine o'clock from platform two",
        "is the shop on the second floor",
        "he's talking to the man at the desk",
    ],
}


@cache
def english() -> EmbeddedTextModel:
    return EmbeddedTextModel.load("en")


def score(text: str) -> FloatArray:
    (scores,) = english().classify([text])
    return scores.sentiment


def label(text: str) -> str:
    return SENTIMENTS[int(score(text).argmax())]


@pytest.mark.parametrize(
    ("want", "text"), [(k, text) for k, all_ in CLEAR.items() for text in all_]
)
def test_clear_sentences(want: str, text: str) -> None:
    assert label(text) == want


def test_it_says_what_it_is() -> None:
    model: TextClassifier = english()
    assert model.languages == {"en"}
    assert model.name.startswith("sentivox-text-en-")


def test_spelling_makes_no_difference() -> None:
    spoken = score("i don't think it's any good !")
    assert np.array_equal(score("Uh, I don’t think it 's any GOOD!!"), spoken)


def test_sentence_marks_are_read() -> None:
    assert not np.array_equal(score("you are leaving"), score("you are leaving?!"))
    assert not np.array_equal(score("you are leaving."), score("you are leaving?!"))


def test_scores_do_not_depend_on_batch_mates() -> None:
    texts = [text for texts in CLEAR.values() for text in texts]
    together = english().classify(["", *texts, "word " * 500])
    assert len(together) == len(texts) + 2
    for text, scores in zip(texts, together[1:-1], strict=True):
        assert np.array_equal(scores.sentiment, score(text))


def test_threads_share_it() -> None:
    texts = [text for texts in CLEAR.values() for text in texts] * 4
    alone = [score(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert all(map(np.array_equal, pool.map(score, texts), alone))


@given(st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_text_gives_log_probabilities(text: str) -> None:
    scores = score(text)
    assert scores.shape == (3,)
    assert scores.dtype == np.float32
    assert np.exp(scores).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("text", ["", " \n", "?!...", "😀", "uh, um"])
def test_no_words_say_nothing(text: str) -> None:
    assert label(text) == "neutral"
    assert np.exp(score(text)) == pytest.approx(1 / 3, abs=1e-3)


@pytest.mark.parametrize("text", ["awful " * 5000, "x" * 200_000, "你好世界" * 500, "\x00\ud800a"])
def test_monstrous_texts_do_not_break_it(text: str) -> None:
    assert np.isfinite(score(text)).all()


def test_no_texts_give_no_scores() -> None:
    assert english().classify([]) == []


@pytest.mark.parametrize("language", ["de", "yue", "EN", "", "../text-en"])
def test_no_other_language_is_shipped(language: str) -> None:
    with pytest.raises(ModelError, match="no embedded text model") as caught:
        EmbeddedTextModel.load(language)
    assert "\n" not in str(caught.value)
