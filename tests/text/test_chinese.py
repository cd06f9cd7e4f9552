"""The shipped Chinese model, with its real weights."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.text.embedded import EmbeddedTextModel
from sentivox.types import SENTIMENTS, FloatArray

CLEAR = {
    "positive": [
        "谢谢你帮了我大忙",
        "太好了我真高兴",
        "我非常喜欢你们的服务",
        "恭喜你这真是个好消息",
    ],
    "negative": [
        "服务太差了我再也不来了",
        "我很生气没有人给我回电话",
        "这是我看过的最烂的电影",
        "真让人失望简直是浪费钱",
    ],
    "neutral": [
        "火车九点从二号站台开",
        "他在跟前台的人说话",
        "会议改到星期三下午",
        "我住在三楼",
    ],
}


@cache
def chinese() -> EmbeddedTextModel:
    return EmbeddedTextModel.load("zh")


def score(text: str) -> FloatArray:
    (scores,) = chinese().classify([text])
    return scores.sentiment


def label(text: str) -> str:
    return SENTIMENTS[int(score(text).argmax())]


@pytest.mark.parametrize(
    ("want", "text"), [(k, text) for k, all_ in CLEAR.items() for text in all_]
)
def test_clear_sentences(want: str, text: str) -> None:
    assert label(text) == want


def test_it_says_what_it_is() -> None:
    assert chinese().languages == {"zh"}
    assert chinese().name.startswith("sentivox-text-zh-")


def test_spaces_width_and_quotes_make_no_difference() -> None:
    spoken = score("我等了3个小时,没有人理我!")
    assert np.array_equal(score(" 我 等了３个小时，《没有人》理我！！"), spoken)


def test_sentence_marks_are_read() -> None:
    assert not np.array_equal(score("你要走了"), score("你要走了？！"))
    assert not np.array_equal(score("你要走了。"), score("你要走了？！"))


def test_both_scripts_score_alike() -> None:
    assert np.array_equal(score("謝謝你這個電影太讓人開心了"), score("谢谢你这个电影太让人开心了"))


def test_scores_do_not_depend_on_batch_mates() -> None:
    texts = [text for texts in CLEAR.values() for text in texts]
    together = chinese().classify(["", *texts, "好" * 500])
    for text, scores in zip(texts, together[1:-1], strict=True):
        assert np.array_equal(scores.sentiment, score(text))


def test_threads_share_it() -> None:
    texts = [text for texts in CLEAR.values() for text in texts] * 4
    alone = [score(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert all(map(np.array_equal, pool.map(score, texts), alone))


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_gives_log_probabilities(text: str) -> None:
    scores = score(text)
    assert scores.shape == (3,)
    assert scores.dtype == np.float32
    assert np.exp(scores).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("text", ["", " \n", "？！……", "😀"])
def test_no_words_say_nothing(text: str) -> None:
    assert label(text) == "neutral"
    assert np.exp(score(text)) == pytest.approx(1 / 3, abs=1e-3)


@pytest.mark.parametrize("text", ["差" * 5000, "x" * 200_000, "你好 " * 500, "\x00\ud800好"])
def test_monstrous_texts_do_not_break_it(text: str) -> None:
    assert np.isfinite(score(text)).all()
