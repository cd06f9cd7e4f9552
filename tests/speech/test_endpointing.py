"""The endpointer against its own rules, on any sequence of probabilities."""

from dataclasses import dataclass, replace
from itertools import groupby

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sentivox.errors import ProtocolError
from sentivox.speech.endpointing import (
    Endpoint,
    EndpointConfig,
    Endpointer,
    Onset,
    Pause,
    Resume,
    Signal,
)

W = 512
DEFAULT = EndpointConfig()
SHORT = EndpointConfig(soft_cut_s=2.0, hard_cut_s=3.0)

Runs = list[tuple[float, int]]
runs_of_probabilities = st.lists(
    st.tuples(st.sampled_from([0.0, 0.2, 0.34, 0.35, 0.45, 0.5, 0.8, 1.0]), st.integers(1, 40)),
    max_size=25,
)
configs = st.builds(
    EndpointConfig,
    trigger_s=st.sampled_from([0.0, 0.032, 0.096, 0.2]),
    silence_s=st.sampled_from([0.064, 0.3, 0.5]),
    pause_s=st.sampled_from([0.0, 0.1, 0.2, 0.5]),
    soft_cut_s=st.sampled_from([0.5, 1.0, 2.0]),
    hard_cut_s=st.sampled_from([2.0, 3.0]),
    min_pause_s=st.sampled_from([0.03, 0.1, 0.25]),
)


def expand(runs: Runs) -> list[float]:
    return [prob for prob, count in runs for _ in range(count)]


def hear(config: EndpointConfig, probs: list[float]) -> list[Signal]:
    endpointer = Endpointer(config, W)
    signals = [signal for prob in probs for signal in endpointer.step(prob)]
    assert endpointer.position == W * len(probs)
    return [*signals, *endpointer.close()]


def samples(seconds: float) -> int:
    return round(seconds * 16_000)


def windows(seconds: float) -> int:
    return -(-samples(seconds) // W)


@dataclass
class Heard:
    """One utterance: how it began, how it ended, and whether a cut reopened it."""

    onset: Onset
    endpoint: Endpoint
    reopened: bool

    def probs(self, probs: list[float]) -> list[float]:
        return probs[self.onset.start // W : self.endpoint.end // W]


def utterances(signals: list[Signal]) -> list[Heard]:
    """The pairs of Onset and Endpoint; fails where they do not alternate."""
    bounds = [s for s in signals if isinstance(s, (Onset, Endpoint))]
    pairs: list[Heard] = []
    for onset, endpoint in zip(bounds[::2], bounds[1::2], strict=True):
        assert isinstance(onset, Onset)
        assert isinstance(endpoint, Endpoint)
        before = pairs[-1].endpoint if pairs else None
        cut = before is not None and (
            (before.reason == "soft_cut" and onset.at == before.at)
            or (before.reason == "hard_cut" and onset.start == before.at)
        )
        pairs.append(Heard(onset, endpoint, cut))
    return pairs


def gaps(probs: list[float], config: EndpointConfig, start: int) -> list[tuple[int, int]]:
    """(length, start) in samples of each silence long enough to cut at."""
    found: list[tuple[int, int]] = []
    at = start
    for silent, run in groupby(probs, key=lambda p: p < config.release):
        length = len(list(run)) * W
        if silent and length >= samples(config.min_pause_s):
            found.append((length, at))
        at += length
    return found


@given(config=configs, runs=runs_of_probabilities)
def test_utterances_are_ordered_and_never_overlap(config: EndpointConfig, runs: Runs):
    probs = expand(runs)
    signals = hear(config, probs)
    assert [s.at for s in signals] == sorted(s.at for s in signals)
    last_end = 0
    for heard in utterances(signals):
        onset, endpoint = heard.onset, heard.endpoint
        assert last_end <= onset.start < endpoint.end <= endpoint.at
        assert endpoint.start == onset.start
        assert onset.start < onset.at <= endpoint.at
        last_end = endpoint.end


@given(config=configs, runs=runs_of_probabilities)
def test_bounds_fall_on_speech_and_speech_is_counted(config: EndpointConfig, runs: Runs):
    probs = expand(runs)
    for heard in utterances(hear(config, probs)):
        inside = heard.probs(probs)
        assert inside[0] >= (config.release if heard.reopened else config.threshold)
        assert inside[-1] >= config.release
        assert heard.endpoint.speech == W * sum(p >= config.release for p in inside)


@given(config=configs, runs=runs_of_probabilities)
def test_an_onset_takes_a_whole_trigger_run(config: EndpointConfig, runs: Runs):
    probs = expand(runs)
    for heard in utterances(hear(config, probs)):
        run = probs[heard.onset.start // W : heard.onset.at // W]
        if not heard.reopened:
            assert len(run) == max(1, windows(config.trigger_s))
            assert min(run) >= config.threshold


@given(config=configs, runs=runs_of_probabilities)
def test_no_speech_is_missed(config: EndpointConfig, runs: Runs):
    probs = expand(runs)
    covered = {
        at
        for heard in utterances(hear(config, probs))
        for at in range(heard.onset.start // W, heard.endpoint.end // W)
    }
    at = 0
    for loud, run in groupby(probs, key=lambda p: p >= config.threshold):
        stretch = range(at, at + len(list(run)))
        if loud and len(stretch) >= windows(config.trigger_s):
            missed = set(stretch) - covered
            # A hard cut ends at its window; nothing of a long run is lost to it.
            assert not missed
        at = stretch.stop


@given(config=configs, runs=runs_of_probabilities)
@settings(max_examples=300)
def test_each_end_has_its_reason(config: EndpointConfig, runs: Runs):
    probs = expand(runs)
    for heard in utterances(hear(config, probs)):
        end = heard.endpoint
        length = end.at - end.start
        seen = gaps(probs[end.start // W : end.at // W], config, end.start)
        after = probs[end.end // W : end.at // W]
        match end.reason:
            case "silence":
                assert len(after) == windows(config.silence_s)
                assert max(after) < config.release
            case "soft_cut":
                assert length >= samples(config.soft_cut_s)
                assert end.end == max(seen)[1]
            case "hard_cut":
                assert 0 <= length - samples(config.hard_cut_s) < W
                assert not seen
            case _:
                assert end.reason == "close"
                assert end.at == W * len(probs)
                assert length < samples(config.soft_cut_s) or not seen
        assert length < samples(config.hard_cut_s) + W


@given(config=configs, runs=runs_of_probabilities)
def test_pauses_and_resumes_alternate_inside_utterances(config: EndpointConfig, runs: Runs):
    probs = expand(runs)
    speaking = paused = False
    for signal in hear(config, probs):
        match signal:
            case Onset():
                speaking, paused = True, False
            case Endpoint():
                speaking = False
            case Pause(end, at):
                assert speaking
                assert not paused
                assert probs[end // W - 1] >= config.release
                silence = probs[end // W : at // W]
                assert len(silence) >= max(1, windows(config.pause_s))
                assert max(silence) < config.release
                paused = True
            case Resume(at):
                assert speaking
                assert paused
                assert probs[at // W - 1] >= config.release
                paused = False


@given(runs=runs_of_probabilities, at=st.integers(0, 300))
@example(runs=[(1.0, 40)], at=10)
def test_finalize_ends_what_is_open_and_nothing_else(runs: Runs, at: int):
    probs = expand(runs)
    endpointer = Endpointer(SHORT, W)
    before = [s for p in probs[:at] for s in endpointer.step(p)]
    open_before = endpointer.speaking
    ended = endpointer.finalize()
    assert [type(s) for s in ended] == [Endpoint] * open_before
    assert not endpointer.speaking
    assert endpointer.finalize() == ()
    after = [s for p in probs[at:] for s in endpointer.step(p)]
    utterances([*before, *ended, *after, *endpointer.close()])


def test_a_plain_utterance():
    """1 s of silence, 1 s of speech, 1 s of silence, to the sample."""
    probs = expand([(0.1, 31), (0.9, 31), (0.1, 31)])
    assert hear(DEFAULT, probs) == [
        Onset(start=31 * W, at=34 * W),
        Pause(end=62 * W, at=69 * W),
        Endpoint(start=31 * W, end=62 * W, at=78 * W, reason="silence", speech=31 * W),
    ]


def test_two_windows_are_not_enough_to_trigger():
    assert hear(DEFAULT, expand([(0.9, 2), (0.4, 1), (0.9, 2), (0.1, 20)])) == []


def test_hysteresis_keeps_weak_speech_alive_but_does_not_start_it():
    weak = expand([(0.4, 60)])
    assert hear(DEFAULT, weak) == []
    (_, end) = hear(DEFAULT, expand([(0.6, 3)]) + weak)
    assert end == Endpoint(start=0, end=63 * W, at=63 * W, reason="close", speech=63 * W)


def test_a_pause_is_taken_back():
    probs = expand([(0.9, 10), (0.1, 8), (0.4, 1), (0.1, 3)])
    assert hear(DEFAULT, probs)[1:3] == [Pause(end=10 * W, at=17 * W), Resume(at=19 * W)]


def test_a_soft_cut_goes_back_to_the_longest_pause():
    probs = expand([(0.9, 20), (0.1, 6), (0.9, 10), (0.1, 5), (0.9, 40), (0.1, 16)])
    onset, cut, reopened, *_ = hear(replace(SHORT, pause_s=9), probs)
    assert onset == Onset(0, 3 * W)
    at = 63 * W  # 2 s are over
    assert cut == Endpoint(0, 20 * W, at, reason="soft_cut", speech=20 * W)
    assert reopened == Onset(start=26 * W, at=at)


def test_of_equal_pauses_a_soft_cut_takes_the_latest():
    probs = expand([(0.9, 20), (0.1, 5), (0.9, 10), (0.1, 5), (0.9, 40)])
    assert hear(SHORT, probs)[1:3] == [
        Endpoint(0, 35 * W, 63 * W, reason="soft_cut", speech=30 * W),
        Onset(start=40 * W, at=63 * W),
    ]


def test_without_a_pause_the_soft_cut_waits_for_the_next_one():
    probs = expand([(0.9, 70), (0.1, 4), (0.9, 10)])
    assert hear(SHORT, probs)[1:3] == [
        Endpoint(0, 70 * W, 74 * W, reason="soft_cut", speech=70 * W),
        Onset(start=74 * W, at=77 * W),
    ]


def test_what_a_soft_cut_reopens_remembers_its_own_pauses():
    probs = expand([(0.9, 20), (0.1, 6), (0.9, 10), (0.1, 5), (0.9, 49), (0.9, 30)])
    cuts = [s for s in hear(SHORT, probs) if isinstance(s, Endpoint)]
    assert [(c.start // W, c.end // W, c.reason) for c in cuts] == [
        (0, 20, "soft_cut"),
        (26, 36, "soft_cut"),
        (41, 120, "close"),
    ]
    assert cuts[1].speech == 10 * W


@pytest.mark.parametrize(("silent", "cut_at"), [(3, 94), (4, 63)])
def test_a_pause_to_cut_at_lasts_min_pause(silent: int, cut_at: int) -> None:
    """96 ms are too short, 128 ms are enough: the soft cut comes, or only the hard one."""
    probs = expand([(0.9, 20), (0.1, silent), (0.9, 80)])
    assert hear(SHORT, probs)[1].at == cut_at * W


def test_what_a_soft_cut_reopens_may_already_be_silent() -> None:
    probs = expand([(0.9, 20), (0.1, 10), (0.9, 30), (0.1, 20)])
    assert hear(replace(SHORT, pause_s=0.09), probs)[-3:] == [
        Onset(start=30 * W, at=63 * W),
        Pause(end=60 * W, at=63 * W),
        Endpoint(30 * W, 60 * W, 76 * W, reason="silence", speech=30 * W),
    ]


def test_speech_without_any_pause_is_cut_hard_and_goes_on():
    probs = expand([(0.9, 94), (0.4, 2), (0.1, 20)])
    assert hear(replace(SHORT, pause_s=9), probs) == [
        Onset(0, 3 * W),
        Endpoint(0, 94 * W, 94 * W, reason="hard_cut", speech=94 * W),
        Onset(start=94 * W, at=95 * W),  # no trigger run, and over `release` is enough
        Endpoint(94 * W, 96 * W, 112 * W, reason="silence", speech=2 * W),
    ]


def test_silence_after_a_hard_cut_opens_nothing():
    signals = hear(replace(SHORT, pause_s=9), expand([(0.9, 94), (0.1, 1), (0.4, 9)]))
    assert [type(s) for s in signals] == [Onset, Endpoint]


def test_a_hard_cut_in_a_short_silence_needs_a_new_trigger() -> None:
    probs = expand([(0.9, 92), (0.1, 2), (0.4, 9)])
    assert [type(s) for s in hear(SHORT, probs)] == [Onset, Endpoint]


def test_nan_is_silence():
    assert hear(DEFAULT, [float("nan")] * 50) == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"threshold": 0.3}, "release <= threshold"),
        ({"release": 0.0}, "0 < release"),
        ({"threshold": 1.5}, "threshold <= 1"),
        ({"pre_roll_s": -0.1}, "pre_roll_s must lie between"),
        ({"silence_s": float("nan")}, "silence_s must lie between"),
        ({"silence_s": 0.0}, "silence_s must be greater than 0"),
        ({"min_pause_s": 0.0}, "min_pause_s must be greater than 0"),
        ({"soft_cut_s": 21.0}, "soft_cut_s <= hard_cut_s"),
        ({"soft_cut_s": 0.09}, "trigger_s < soft_cut_s"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float], says: str):
    with pytest.raises(ProtocolError, match=says) as error:
        EndpointConfig(**wrong)
    assert "\n" not in str(error.value)
