"""The page hears: a microphone, dropped files, the sample call; and what it makes of them."""

import csv
import itertools
import json
from pathlib import Path

from sentivox.audio.files import AudioFile
from sentivox.engine.engine import Engine
from sentivox.samples import CALL
from tests.browser.conftest import Open
from tests.server.serving import Message, Running, call_audio, offline, only


def said(messages: list[Message]) -> list[str]:
    return [u["transcript"] for u in only(messages, "Utterance")]


def test_the_microphone_is_heard(
    site: Running, browser: Open, voice: tuple[str, ...], engine: Engine
) -> None:
    spoken = set(said(offline(engine, call_audio(3.0, 9.4))))
    with browser(*voice) as tab:
        tab.open(site.http)
        tab.agree()
        tab.arrive("listening")
        tab.until(lambda: tab.text(".vad") == "speaking", "voice activity")
        tab.until(lambda: tab.texts("#chart .ticks text"), "chart")
        tab.until(lambda: len(tab.words) >= 3, "utterances")
        level = "return document.querySelector('.level i').style.getPropertyValue('--level')"
        assert 0 <= float(tab.js(level)) <= 1
        request = site.server.service.sessions.conversations[-1].request  # earlier ones may linger
        sent = request.format
        assert (sent.sample_rate, sent.encoding, sent.channels) == (16_000, "linear16", 1)
        assert request.config.live_voice
        tab.click("#stop")
        tab.arrive("done")
        assert tab.notice == ""
        assert tab.complaints() == []
        # A microphone's sound passes the browser's echo canceller: most words, not each, are kept.
        heard = " ".join(tab.words).split()
        assert len([word for word in heard if word in " ".join(spoken).split()]) >= len(heard) / 2
        curve = tab.module("const { page } = await load('app'); return page.conversation.tone[0]")
        steps = [b["t"] - a["t"] for a, b in itertools.pairwise(curve)
                 if a["score"] is not None and b["score"] is not None]  # fmt: skip
        assert len(steps) > 4
        assert max(steps) <= 0.6  # the tone grows by half seconds
    assert len(site.server.service.sessions) == 0


def test_frames_are_int16_of_40_ms_at_16_khz(
    site: Running, browser: Open, voice: tuple[str, ...]
) -> None:
    with browser(*voice) as tab:
        tab.open(site.http)
        sizes = tab.module(
            """
            const { microphone } = await load("sources");
            const source = await microphone();
            const sizes = [];
            const running = source.run((samples) => {
              sizes.push([samples.constructor.name, samples.length]);
              if (sizes.length === 10) source.stop();
            });
            await running;
            return sizes;
            """
        )
        assert sizes == [["Int16Array", 640]] * 10


def test_resampling_keeps_speech_and_lets_nothing_fold_back(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(site.http)
        figures = tab.module(
            """
            const { Resampler } = await load("resample");
            const rms = (x) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);
            const through = (from, hertz, cuts) => {
              const resampler = new Resampler(from, 16000);
              const made = [];
              for (let at = 0, i = 0; at < from; at += cuts[i++ % cuts.length]) {
                const block = new Float32Array(Math.min(cuts[i % cuts.length], from - at));
                const turn = 2 * Math.PI * hertz / from;
                block.forEach((_, n) => { block[n] = Math.sin(turn * (at + n)); });
                made.push(...resampler.process(block));
              }
              return made;
            };
            const middle = (from, hertz) => rms(through(from, hertz, [128]).slice(400, -400));
            const same = (a, b) =>
              a.length === b.length && a.every((v, i) => Math.abs(v - b[i]) < 1e-6);
            return [48000, 44100, 32000, 16000].map((from) => ({
              from,
              made: through(from, 1000, [128]).length,
              kept: [200, 1000, 6000].map((hertz) => middle(from, hertz) * Math.SQRT2),
              folded: from > 20000 ? middle(from, 9500) : 0,
              whole: same(through(from, 1000, [128]), through(from, 1000, [1, 77, 5000])),
            }));
            """
        )
    for rate in figures:
        assert 15_900 <= rate["made"] <= 16_001, rate
        assert rate["whole"], rate  # however it is cut
        assert all(abs(gain - 1) < 0.01 for gain in rate["kept"]), rate
        assert rate["folded"] < 0.001, rate


def test_a_dropped_file_gives_what_analysis_gives(
    site: Running, browser: Open, clip: bytes, engine: Engine
) -> None:
    expected = only(offline(engine, call_audio(3.0, 9.4)), "Utterance")
    with browser() as tab:
        tab.open(site.http)
        tab.click("#fast")
        tab.drop("clip.wav", clip)
        tab.arrive("done")
        assert tab.words == [u["transcript"] for u in expected]
        shown = tab.module(
            "const { page } = await load('app'); return [...page.conversation.utterances.values()]"
        )
        assert [u["fused_score"] for u in shown] == [u["fused_score"] for u in expected]
        assert tab.complaints() == []


def test_a_file_in_real_time_shows_each_step(
    site: Running, browser: Open, clip: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "clip.wav"
    path.write_bytes(clip)
    with browser() as tab:
        tab.open(site.http)
        tab.until(lambda: tab.find("#file").is_enabled(), "ready")
        tab.find("#file").send_keys(str(path))
        tab.arrive("listening")
        assert tab.text("#source") == "clip.wav"
        tab.until(lambda: tab.texts("#channels .value") != ["–"], "tone while they speak")
        assert tab.words == []  # nothing is over yet
        tab.arrive("done")
        assert len(tab.words) == 2


def test_text_only_switches_tone_off(site: Running, browser: Open, clip: bytes) -> None:
    with browser() as tab:
        tab.open(site.http)
        tab.click("#textOnly")
        tab.click("#fast")
        tab.drop("clip.wav", clip)
        tab.arrive("done")
        begin, tone = tab.module(
            "const { page } = await load('app'); return [page.begin, page.conversation.tone.flat()]"
        )
        assert begin["config"]["modalities"] == ["text"]
        assert all(point["score"] is None for point in tone)
        assert len(tab.words) == 2


def test_options_of_the_javascript_client_reach_the_server(site: Running, browser: Open) -> None:
    with browser() as tab:
        tab.open(site.http)
        usual, chosen = tab.module(
            """
            const { Stream } = await load("sentivox");
            const begins = [];
            for (const options of [{}, { minConfidence: 0.7, baseline: false, language: "auto" }]) {
              const stream = new Stream(location.origin, { reconnectSeconds: 0, ...options });
              begins.push(await stream.open());
              stream.abort();
            }
            return begins;
            """
        )
    fields = ("language", "min_confidence", "baseline")
    assert [usual["config"][name] for name in fields] == ["en", 0.5, True]
    assert [chosen["config"][name] for name in fields] == [None, 0.7, False]


def test_the_sample_call_can_be_kept(
    site: Running, browser: Open, engine: Engine, tmp_path: Path
) -> None:
    whole = AudioFile(CALL)
    seconds = sum(block.shape[1] for block in whole) / 16_000
    from sentivox.audio.pcm import AudioFormat

    stereo = offline(engine, call_audio(0, seconds, None), AudioFormat(channels=2))
    expected = sorted(only(stereo, "Utterance"), key=lambda u: u["start"])
    with browser() as tab:
        tab.driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
        )
        tab.open(f"{site.http}/#sample-fast")
        tab.arrive("done")
        tab.drawn()
        labels = [u["fused"]["label"] for u in expected]
        counts = [str(labels.count(one)) for one in ("negative", "neutral", "positive")]
        assert tab.texts("#figures dd")[:3] == counts
        for kind in ("json", "csv", "png"):
            tab.click(f"#{kind}")
            tab.until((tmp_path / f"sentivox.{kind}").is_file, kind)
        tab.picture("sample-light")
    document = json.loads((tmp_path / "sentivox.json").read_text())
    assert [u["transcript"] for u in document["utterances"]] == [u["transcript"] for u in expected]
    assert len(document["turning_points"]) > 0
    rows = list(csv.DictReader((tmp_path / "sentivox.csv").read_text("utf-8-sig").splitlines()))
    assert [float(row["score"]) for row in rows] == [u["fused_score"] for u in expected]
    assert (tmp_path / "sentivox.png").read_bytes().startswith(b"\x89PNG")
