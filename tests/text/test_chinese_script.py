"""Chinese in one script, by phrases where characters alone do not tell."""

import subprocess
import sys

import pytest

from sentivox.errors import ProtocolError
from sentivox.stream.config import StreamConfig
from sentivox.text.chinese import in_script, written
from sentivox.types import UNDETERMINED, Hypothesis, RecognisedWord, Transcript

MIXED = "皇后說之後再打电话"


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("simplified", "皇后说之后再打电话"),
        ("traditional", "皇后說之後再打電話"),
        ("original", MIXED),
    ],
)
def test_text_and_readings_come_in_the_script_that_is_asked_for(script, text):
    said = Transcript(MIXED, "zh", 0.8, alternatives=(Hypothesis(MIXED, 0.5),))
    asked = in_script(said, script)
    assert (asked.text, asked.confidence) == (text, 0.8)
    assert asked.alternatives == (Hypothesis(text, 0.5),)


def test_other_languages_stay_as_they_are():
    for language, text in (("ja", "東京の電話"), ("ko", "電話"), ("en", "a phone, 電話")):
        said = Transcript(text, language)
        assert in_script(said, "simplified") is said


def test_where_the_language_is_not_known_the_characters_tell():
    assert in_script(Transcript("電話", UNDETERMINED), "simplified").text == "电话"
    assert in_script(Transcript("電話です", UNDETERMINED), "simplified").text == "電話です"
    assert in_script(Transcript("電話", "yue"), "simplified").text == "电话"


def test_nothing_is_lost_of_long_and_odd_text():
    text = "電話 ok，☎ 😀\n\t" * 200
    assert len(written(text, "simplified")) == len(text)
    assert written("", "simplified") == ""


def test_an_unknown_script_is_one_line():
    with pytest.raises(ProtocolError, match="chinese_script takes simplified, traditional, orig"):
        StreamConfig(chinese_script="hant")  # type: ignore[arg-type]


def test_who_hears_no_chinese_loads_no_tables():
    code = (
        "import sys; from sentivox.text.chinese import in_script;"
        "from sentivox.types import Transcript;"
        "in_script(Transcript('hello', 'en'), 'simplified'); assert 'opencc' not in sys.modules;"
        "in_script(Transcript('電', 'zh'), 'simplified'); assert 'opencc' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_words_are_rewritten_with_the_text_that_they_are_of():
    text = "皇后說，之後 打電話。"
    words = ["皇", "后", "說，", "之", "後", "打", "電", "話。"]
    said = Transcript(
        text, "zh", words=tuple(RecognisedWord(w, i, i + 0.5) for i, w in enumerate(words))
    )
    plain = in_script(said, "simplified")
    assert plain.words is not None
    assert "".join(word.text for word in plain.words) == "".join(plain.text.split())
    assert plain.words[4] == RecognisedWord("后", 4, 4.5)
    back = in_script(plain, "traditional")
    assert back.words is not None
    assert [word.text for word in back.words] == words
