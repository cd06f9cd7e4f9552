"""The numbers behind the charts."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.audio.files import AudioFile, write_wav
from sentivox.look import chart_spec
from sentivox.protocol.labels import NEUTRAL_BAND
from sentivox.report import chart, wording
from sentivox.report.waveform import PEAK_HOP, Envelope, Peaks
from tests.report.made import hum, result, utterance

scores = st.none() | st.floats(-1, 1)


@given(
    st.floats(0.1, 3 * 3600),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), scores), max_size=8),
)
def test_everything_lies_on_a_row_and_nothing_beside_it(duration, spans) -> None:
    said = [
        utterance(i, min(a, b) * duration, max(a, b) * duration, score)
        for i, (a, b, score) in enumerate(spans)
        if a != b
    ]
    rows = chart.rows(result(said, duration=duration), hum(min(duration, 5)))
    assert (rows[0].start, rows[-1].end) == (0, pytest.approx(duration))
    assert all(row.end - row.start <= chart.ROW_S + 1e-6 for row in rows)
    shown = {bar.utterance.utterance_id for row in rows for bar in row.bars}
    assert shown == {u.utterance_id for u in said}
    for row in rows:
        (lane,) = row.lanes
        assert all(0 <= tick.x < 100 for tick in row.ticks)
        for bar in lane.bars:
            assert -1e-6 <= bar.x <= bar.x + bar.width <= 100 + 1e-6
            assert 0 < bar.y <= bar.y + bar.height < chart_spec().scores_px
        columns = [int(x) for wave in lane.waves for x in re.findall(r"M(\d+) ", wave.path)]
        assert sorted(columns) == list(range(chart.WAVE_COLUMNS))


def test_an_utterance_over_two_rows_is_on_both_and_as_long_as_it_was() -> None:
    rows = chart.rows(result([utterance(1, 590, 620, 0.5)], duration=1200), hum(1200))
    assert [row.end for row in rows] == [600, 1200]
    assert sum(bar.width for row in rows for bar in row.bars) == pytest.approx(5)


@given(st.lists(scores, max_size=30))
def test_the_histogram_counts_each_score_once_and_in_its_bin(values) -> None:
    said = [utterance(i, i, i + 1, score) for i, score in enumerate(values)]
    bins = chart.histogram(said, wording.LABELS)
    known = [v for v in values if v is not None]
    assert sum(sum(b.counts.values()) for b in bins) == len(known)
    for b in bins:
        inside = sum(b.low <= v < b.high or (v == 1 and b is bins[-1]) for v in known)
        assert sum(b.counts.values()) == inside
    assert max(b.share for b in bins) == (1 if known else 0)


def test_the_envelope_is_loud_where_the_sound_is(tmp_path) -> None:
    pcm = np.zeros((2, 48_100), dtype=np.int16)  # 3 s and a piece of a hop
    pcm[0, 16_000:32_000] = 8000
    pcm[1, -50:] = -16_000
    write_wav(tmp_path / "a.wav", pcm)
    envelope = Envelope.read(AudioFile(tmp_path / "a.wav"))
    edges = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    assert envelope.peaks.shape == (2, 151)
    assert envelope.columns(0, edges).tolist() == pytest.approx([0, 0.5, 0, 0], abs=0.01)
    assert envelope.columns(1, edges).tolist() == pytest.approx([0, 0, 0, 1], abs=0.01)
    fine = envelope.columns(0, np.linspace(1.2, 1.21, 100))
    assert fine.min() > 0.4  # columns finer than the peaks are not holes


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=30), st.integers(0, PEAK_HOP - 1), st.data()
)
def test_an_envelope_stays_small_and_misses_no_peak(lengths, less, data) -> None:
    """However long the sound is and however it was cut; all blocks but the last are whole hops."""
    sizes = [n * PEAK_HOP for n in lengths]
    sizes[-1] -= less
    seed, most = data.draw(st.integers(0, 99)), 2 * data.draw(st.integers(1, 40))
    rng = np.random.default_rng(seed)
    loud = rng.integers(0, 32_769, (2, sum(sizes) // PEAK_HOP + 1)).repeat(PEAK_HOP, axis=1)
    pcm = -(loud * rng.random(loud.shape))[:, : sum(sizes)].astype(np.int16)
    peaks = Peaks(2, most)
    for block in np.split(pcm, np.cumsum(sizes)[:-1], axis=1):
        peaks.add(block)
    envelope = peaks.envelope()
    found, count = envelope.peaks, envelope.peaks.shape[1]
    assert most / 2 < count <= most or envelope.hop == PEAK_HOP
    assert count == -(-pcm.shape[1] // envelope.hop)
    whole = np.pad(pcm, ((0, 0), (0, count * envelope.hop - pcm.shape[1]))).astype(np.float32)
    extremes = np.abs(whole).reshape(2, count, envelope.hop).max(axis=2)
    np.testing.assert_array_equal(found, extremes / max(extremes.max(), 1))
    drawn = envelope.columns(0, np.array([0.0, pcm.shape[1] / 16_000 + envelope.hop / 16_000]))
    assert drawn.max() == found[0].max()


def test_emotions_are_weighted_by_how_long_they_were_heard() -> None:
    mixed = wording.emotions([(3, {"angry": 1.0}), (1, {"happy": 1.0})])
    assert mixed["angry"] == 0.75
    assert wording.strongest(mixed).split(", ") == ["angry\xa075\xa0%", "happy\xa025\xa0%"]
    assert wording.emotions([]) == {}


def test_the_mood_runs_through_both_rows_where_it_passes_from_one_to_the_next() -> None:
    said = [utterance(i, t, t + 5, s) for i, (t, s) in enumerate([(10, 0.9), (500, 0.9), (700, 1)])]
    first, second = chart.rows(result(said, duration=1200), hum(1200))
    points = [re.findall(r"[-\d.]+ [-\d.]+", row.curves[0].path) for row in (first, second)]
    assert [len(p) for p in points] == [3, 2]
    assert float(points[0][-1].split()[0]) > 1000
    assert float(points[1][0].split()[0]) < 0


def test_a_turning_point_is_on_its_curve() -> None:
    said = [utterance(i, 10 * i, 10 * i + 8, -0.95 if i > 4 else 0.95) for i in range(12)]
    heard = result(said, duration=120)
    (turn,) = chart.rows(heard, hum(120))[0].turns
    assert turn.x == pytest.approx(100 * turn.point.t / 120)
    (value,) = {p.value for p in heard.summary.mood if (p.channel, p.t) == (0, turn.point.t)}
    assert turn.y == pytest.approx(chart_spec().y(value))


def test_of_very_many_turning_points_the_largest_are_shown() -> None:
    said = [utterance(i, i, i + 1, (-1) ** (i // 12) * 0.9) for i in range(580)]
    heard = result(said, duration=580)
    every = sorted(abs(p.after - p.before) for p in heard.summary.turning_points)
    (row,) = chart.rows(heard, hum(580))
    most = chart_spec().most_turns
    assert len(every) > most
    assert sorted(abs(turn.point.after - turn.point.before) for turn in row.turns) == every[-most:]


def test_of_several_channels_each_has_its_curve_and_the_whole_one_too() -> None:
    said = [utterance(1, 1, 3, 0.5), utterance(1, 4, 6, -0.5, channel=1)]
    (row,) = chart.rows(result(said, channels=2), hum(30, 2))
    assert [curve.channel for curve in row.curves] == [0, 1, None]
    (alone,) = chart.rows(result(said[:1]), hum(30))
    assert [curve.channel for curve in alone.curves] == [None]


def test_the_band_of_the_neutral_is_that_of_the_labels() -> None:
    spec = chart_spec()
    assert spec.neutral_below == NEUTRAL_BAND
    assert (spec.y(1), spec.y(-1)) == (spec.pad_px, spec.scores_px - spec.pad_px)
