"""Cutting, drawing and learning of what tells speech from noise."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra 'train'")
pytest.importorskip("onnxscript", reason="training needs the extra 'train'")

from sentivox.audio.files import AudioFile  # noqa: E402
from sentivox.models.onnx import open_session  # noqa: E402
from sentivox.samples import CALL, script  # noqa: E402
from sentivox.speech.vad import SileroVad  # noqa: E402
from sentivox.tone.features import DIMS, features  # noqa: E402
from training.speech.fit import Drawer, Plan, committee  # noqa: E402
from training.speech.short import SECONDS, pieces  # noqa: E402
from training.speech.sounds import KEYWORDS, Sound, keywords, tune, utterances  # noqa: E402
from training.speech.study import folds  # noqa: E402
from training.speech.tested import CHANGES  # noqa: E402
from training.tone.export import graph  # noqa: E402


def hiss(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1000, 24_000).astype(np.int16)


def customer() -> np.ndarray:
    return np.concatenate(list(AudioFile(CALL)), axis=1)[1]


@pytest.fixture(scope="module")
def sounds() -> list[Sound]:
    said = utterances(customer(), SileroVad())
    return [Sound("calls", 0, features(one)) for one in said] + [
        Sound("Rain", 1 + seed % 5, features(hiss(seed))) for seed in range(10)
    ]


def test_utterances_are_cut_with_their_margins() -> None:
    said = utterances(customer(), SileroVad())
    turns = [turn for turn in script()["turns"] if turn["channel"] == 1]
    assert len(said) == len(turns)
    for one, turn in zip(said, turns, strict=True):
        assert 0.3 < len(one) / 16_000 - (turn["end"] - turn["start"]) < 0.9


def test_half_of_a_batch_is_speech(sounds: list[Sound]) -> None:
    drawn, label = Drawer(sounds, Plan(batch=8), seed=0)()
    assert drawn.shape[0] == 8
    assert drawn.shape[2] == DIMS
    assert label.tolist() == [1.0] * 4 + [0.0] * 4


def test_a_batch_of_single_words_has_nothing_else(sounds: list[Sound]) -> None:
    short = [replace(s, frames=s.frames[:60] * 0 + 7, short=True) for s in sounds]
    drawn, label = Drawer([*sounds, *short], Plan(batch=8, short=1.0), seed=0)()
    assert (drawn == 7).all()
    assert 75 <= drawn.shape[1] <= 125
    assert label.tolist() == [1.0] * 4 + [0.0] * 4


def test_a_short_sound_is_cut_out_with_margins() -> None:
    knock = np.zeros(48_000, np.int16)
    knock[24_000:28_800] = np.random.default_rng(1).normal(0, 3000, 4_800)
    (piece,) = pieces(knock, np.random.default_rng(0), 1)
    loud = np.flatnonzero(np.abs(piece) > 1500) / 16_000
    assert 0.2 < loud[0] < 0.45
    assert SECONDS[0] * 0.8 < loud[-1] - loud[0] < 0.35  # no more than there is
    assert 0.1 < len(piece) / 16_000 - loud[-1] < 0.45
    assert np.abs(piece[:1600]).max() > 0  # never in digital silence


def test_a_long_sound_is_cut_short() -> None:
    longest = max(len(piece) for piece in pieces(hiss(0), np.random.default_rng(0), 20))
    assert longest / 16_000 <= SECONDS[1] + 0.4 + 0.4 + 0.01


def test_no_speaker_of_single_words_is_both_learnt_from_and_held_back(tmp_path: Path) -> None:
    folder = tmp_path / "tone" / KEYWORDS
    folder.mkdir(parents=True)
    rows = [f"audio/{who}_{take}.opus,{who},calm" for who in "abcdefgh" for take in (1, 2)]
    (folder / "labels.csv").write_text("\n".join(["file,speaker,emotion", *rows]))
    one, other = (
        {path.name[0] for path in keywords(tmp_path, learnt=learnt)} for learnt in (True, False)
    )
    assert one
    assert other
    assert one | other == set("abcdefgh")
    assert not one & other


def test_the_same_seed_draws_the_same(sounds: list[Sound]) -> None:
    one, other = (Drawer(sounds, Plan(batch=8), seed=3)()[0] for _ in range(2))
    assert torch.equal(one, other)


def test_tunes_are_heard_and_differ() -> None:
    rng = np.random.default_rng(0)
    one, other = tune(rng, 1.0), tune(rng, 1.0)
    assert len(one) == 16_000
    assert 300 < np.abs(one).max() < 32_767
    assert not np.array_equal(one, other)


def test_it_learns_and_what_is_exported_says_the_same(sounds: list[Sound]) -> None:
    net = committee(sounds, [0, 1], Plan(steps=60, batch=16))
    rain, said = features(hiss(99))[:80], sounds[0].frames[:80]
    both = torch.from_numpy(np.stack([rain, said]))
    with torch.inference_mode():
        trained = net(both).numpy()
    assert trained[0] < trained[1]
    session = open_session(graph(net, "probability"), "what was trained", "train again")
    (served,) = session.run(["probability"], {"features": both.numpy()})
    np.testing.assert_allclose(served, trained, atol=1e-5)


def test_the_report_tells_noises_from_speech(sounds: list[Sound]) -> None:
    held = [replace(s, kind=f"Rain, {name}") for s in sounds if s.fold for name in CHANGES]
    said = [s for s in sounds if not s.fold]
    learn = partial(committee, seeds=[0], plan=Plan(steps=2, batch=4))
    lines = folds(learn, sounds, held, said).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        *(f"| noises, {name}" for name in CHANGES), "| calls",
    ]  # fmt: skip
    assert [line.split(" | ")[1] for line in lines[2:]] == ["10"] * len(CHANGES) + [
        str(5 * len(said))
    ]
