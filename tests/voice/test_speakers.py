"""Laws of telling speakers apart, and the files of those who enrolled."""

import os
import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, target
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sentivox.errors import ModelError
from sentivox.types import FloatArray
from sentivox.voice.enrolled import SUFFIX, load_voices, save_voice
from sentivox.voice.speakers import MAX_SPEAKERS, Speakers

DIM = 6
finite = st.integers(-1000, 1000).map(float)
prints = arrays(np.float32, DIM, elements=finite)
stories = st.lists(st.tuples(prints, st.floats(1, 20)), max_size=40)


def names(story, **options) -> list[str | None]:
    speakers = Speakers(**options)
    return [speakers.name(voice, seconds) for voice, seconds in story]


def one_of(number: int, jitter: FloatArray) -> FloatArray:
    """A voice of speaker `number`: an axis, and less than 0.3 beside it."""
    axis = np.zeros(DIM, np.float32)
    axis[number] = 1
    return axis + jitter


@given(stories)
def test_names_are_given_in_the_order_of_first_words(story):
    told = [name for name in names(story) if name is not None]
    assert list(dict.fromkeys(told)) == [f"S{i + 1}" for i in range(len(set(told)))]


@given(stories, st.integers(0, 40))
def test_what_comes_later_changes_no_name(story, kept):
    assert names(story)[:kept] == names(story[:kept])


@given(stories, st.integers(-9, 9))
def test_loudness_does_not_matter(story, power):
    """By powers of two, which change no rounding."""
    louder = [(np.ldexp(voice, power), seconds) for voice, seconds in story]
    assert names(louder) == names(story)


@given(st.lists(st.tuples(st.integers(0, DIM - 1), arrays(np.float32, DIM, elements=st.floats(
    -0.125, 0.125, width=32)), st.floats(1, 20)), max_size=40))  # fmt: skip
def test_voices_that_lie_apart_are_told_apart(turns):
    told = names([(one_of(number, jitter), seconds) for number, jitter, seconds in turns])
    numbers = [number for number, _, _ in turns]
    order = list(dict.fromkeys(numbers))
    assert told == [f"S{order.index(number) + 1}" for number in numbers]


@given(
    st.lists(st.tuples(st.floats(-25, 25), st.floats(0.5, 30)), min_size=1, max_size=6),
    st.sampled_from([-1, 1]),
)
def test_a_speaker_sounds_like_the_mean_of_what_they_said_by_its_seconds(said, side):
    """Voices in a plane, by their angle in degrees; two are one below 60 degrees."""

    def at(angle: float) -> FloatArray:
        return np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))], np.float32)

    total = np.sum([seconds * at(angle) for angle, seconds in said], axis=0)
    centre = float(np.degrees(np.arctan2(total[1], total[0])))
    target(max(seconds for _, seconds in said) / min(seconds for _, seconds in said))
    story = [(at(angle), seconds) for angle, seconds in said]
    assert set(names(story)) == {"S1"}
    assert names([*story, (at(centre + side * 59), 1.0)])[-1] == "S1"
    assert names([*story, (at(centre + side * 61), 1.0)])[-1] == "S2"


@pytest.mark.parametrize(("first_s", "second_s", "named"), [(20.0, 1.0, "S1"), (1.0, 20.0, "S2")])
def test_who_spoke_long_is_known_better(first_s: float, second_s: float, named: str):
    """A third voice is near the first one and far from the second, which were taken as one."""
    first, second, third = np.array([[1, 0], [0.64, 0.77], [0.64, -0.77]], np.float32)
    assert names([(first, first_s), (second, second_s), (third, 1.0)]) == ["S1", "S1", named]


@given(stories, prints)
def test_an_enrolled_voice_is_its_name_whoever_else_speaks(story, voice):
    if not voice.any():
        return
    speakers = Speakers({"Ada": [voice]})
    for other, seconds in story:
        speakers.name(other, seconds)
    assert speakers.name(voice * 3, 1.0) == "Ada"


@given(prints)
def test_a_voice_without_direction_is_nobodys(voice):
    assert (Speakers().name(voice, 1.0) is None) == (not voice.any())
    assert Speakers().name(np.full(DIM, np.nan, np.float32), 1.0) is None


def test_a_session_has_only_so_many_speakers():
    voices = np.eye(MAX_SPEAKERS + 5, dtype=np.float32)
    told = names([(voice, 1.0) for voice in voices])
    assert len(set(told)) == MAX_SPEAKERS


def test_nothing_is_learned_of_enrolled_voices():
    """Else somebody could talk their way from one name to another."""
    speakers = Speakers({"Ada": [one_of(0, np.zeros(DIM, np.float32))]})
    near = np.array([0.6, 0.8, 0, 0, 0, 0], np.float32)
    assert {speakers.name(near, 20.0) for _ in range(20)} == {"Ada"}
    assert speakers.name(np.array([0.3, 0.95, 0, 0, 0, 0], np.float32), 1.0) == "S1"


# Files


def test_a_voice_is_kept_for_its_owner_alone(tmp_path: Path):
    folder = tmp_path / "voices"
    path = save_voice(folder, "Ada Lovelace", "campplus", [np.ones(3, np.float32)])
    assert path.name == f"Ada Lovelace{SUFFIX}"
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [p.name for p in folder.iterdir()] == [path.name]
    [(name, voiceprints)] = load_voices(folder, "campplus").items()
    assert name == "Ada Lovelace"
    np.testing.assert_array_equal(voiceprints, [np.ones(3)])
    with pytest.raises(ModelError, match="add --replace"):
        save_voice(folder, "Ada Lovelace", "campplus", [np.ones(3, np.float32)])
    save_voice(folder, "Ada Lovelace", "campplus", [np.zeros(3, np.float32)], replace=True)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".x", "S1", "S22", "a" * 65, "x ", "a\nb"])
def test_names_that_are_none_are_refused(tmp_path: Path, name: str):
    with pytest.raises(ModelError, match="cannot be a speaker's name"):
        save_voice(tmp_path, name, "campplus", [np.ones(3, np.float32)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is not an enrolled voice"),
        ('{"name":"Ada","model":"m","voiceprints":[]}', "no voiceprints"),
        ('{"name":"Ada","model":"m","voiceprints":[[1],[1,2]]}', "no voiceprints"),
        ('{"name":"Ada","model":"other","voiceprints":[[1]]}', "enrolled with other, not m"),
    ],
)
def test_files_that_do_not_fit_are_one_line(tmp_path: Path, content: str, said: str):
    (tmp_path / f"Ada{SUFFIX}").write_text(content)
    with pytest.raises(ModelError, match=said) as refused:
        load_voices(tmp_path, "m")
    assert "\n" not in str(refused.value)


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path):
    with pytest.raises(ModelError, match="create one with sentivox enroll"):
        load_voices(tmp_path / "none", "m")
