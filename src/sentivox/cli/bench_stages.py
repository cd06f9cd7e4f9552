"""The stages that `bench` measures, each on the same part of the sample call.

Times are wall-clock, so other work on the machine affects them. Compare ratios rather than
absolute times, and p50 rather than p99.
"""

# ruff: noqa: PLC0415  (each stage loads only the part that it measures)

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Final

import numpy as np

from sentivox.api.live import LiveStream
from sentivox.audio.files import AudioFile
from sentivox.cli.bench_models import BenchModels
from sentivox.cli.local_server import LocalServer
from sentivox.cli.options import model_flags
from sentivox.cli.stage_times import StageTimes, timed
from sentivox.engine.build import TranscriberSpec, build_transcriber
from sentivox.engine.engine import Engine
from sentivox.engine.parts import choose_models, recogniser_spec
from sentivox.engine.runner import Runner
from sentivox.models.catalog import find_model
from sentivox.models.selection import POCKETSPHINX, ModelChoice
from sentivox.models.store import ModelStore
from sentivox.protocol.events import SpeechEnded, Utterance
from sentivox.samples import CALL, script
from sentivox.text.protocol import TextClassifier
from sentivox.types import SAMPLE_RATE, Int16Array

STANDARD: Final = "whisper-tiny.en"
"""Recogniser measured by default, beside PocketSphinx."""

VAD_WINDOW: Final = 512
"""Samples in a VAD window (32 ms)."""

CUSTOMER: Final = 1
"""The customer's channel in the sample call."""

FRAME_SAMPLES: Final = SAMPLE_RATE // 50
"""Samples fed at a time (20 ms)."""

# 30 common words of one token each; 32 tokens with those for beginning and end.
WORDS: Final = (
    "i have been waiting for an hour and nobody was able to help me with my account so"
    " i am not happy with the service at all today and then"
)  # fmt: skip
# 32 characters of one token each.
CHARACTERS: Final = "我已经等了一个小时也没有人帮我解决账户的问题所以我今天很不满意了"


def stages(shelf: BenchModels, models: ModelChoice) -> Mapping[str, Callable[[str], StageTimes]]:
    """The stages by name. Calling one measures it; it raises NotHere if its model is missing.

    Args:
        shelf: Locates models.
        models: Models chosen on the command line.

    Raises:
        ModelError: A chosen model does not exist or is not installed.
    """
    recognisers: tuple[str, ...] = (POCKETSPHINX, STANDARD)
    if models != ModelChoice():
        recognisers = (choose_models(models, ModelStore.from_environment()).ids["asr"],)
    return {
        "vad.window": _vad_window,
        "vad.window.bulk": _vad_bulk,
        "tone.update": _tone_update,
        "tone.utterance": _utterance_tone,
        "voiceprint": _voiceprint,
        "speech.3s": _speech,
        "text.en": _text_en,
        "text.zh": _text_zh,
        "text.distilbert-int8": partial(_text_distilbert, shelf),
        **{f"asr.{one}.3s": partial(_asr, shelf, one) for one in recognisers},
        "fusion": _fusion,
        "endpoint_to_utterance": partial(_endpoint_to_utterance, models),
        "ready": partial(_ready, models),
    }


@cache
def _customer() -> Int16Array:
    """The customer's side of the call, int16 at 16 kHz."""
    return np.concatenate([block[CUSTOMER] for block in AudioFile(CALL)])


def _three_seconds() -> Int16Array:
    """The first 3 s of the customer's speech, int16 at 16 kHz."""
    start = next(t["start"] for t in script()["turns"] if t["channel"] == CUSTOMER)
    at = round((start - 0.2) * SAMPLE_RATE)
    return _customer()[at : at + 3 * SAMPLE_RATE]


def _vad_window(name: str) -> StageTimes:
    from sentivox.speech.vad import SileroVad

    detect, pcm = SileroVad().stream(), _customer()
    windows = itertools.cycle(pcm[: pcm.size // VAD_WINDOW * VAD_WINDOW].reshape(-1, VAD_WINDOW))
    return StageTimes.of(name, timed(lambda: detect(next(windows)), 900), "one 32 ms window a call")


def _vad_bulk(name: str) -> StageTimes:
    from sentivox.speech.vad import SileroVad

    detect, block = SileroVad().stream(), _customer()[: 16 * VAD_WINDOW]
    times = timed(lambda: detect(block), 200, per=16)
    return StageTimes.of(name, times, "a window's share where 16 come in a call, as from a file")


def _tone_update(name: str) -> StageTimes:
    from sentivox.tone.features import FeatureStream
    from sentivox.tone.model import ToneModel

    model, features, pcm = ToneModel.load(), FeatureStream(), _customer()
    hop, window = SAMPLE_RATE // 2, 3 * SAMPLE_RATE
    features.begin(0)
    features.append(pcm[:window])
    position = window

    def update() -> None:
        nonlocal position
        at = position % (pcm.size - hop)
        features.append(pcm[at : at + hop])
        position += hop
        model.classify([features.window(position - window, position)])

    return StageTimes.of(name, timed(update, 200), "features of 0.5 s more, CNN over the last 3 s")


def _utterance_tone(name: str) -> StageTimes:
    from sentivox.tone.utterance import UtteranceToneModel

    model, audio = UtteranceToneModel.load(), _three_seconds()[: int(2.5 * SAMPLE_RATE)]
    times = timed(lambda: model.classify([audio]), 100)
    return StageTimes.of(name, times, "the tone of an utterance of 2.5 s as a whole")


def _voiceprint(name: str) -> StageTimes:
    from sentivox.voice.bundled import BundledVoiceModel

    model, audio = BundledVoiceModel(), _three_seconds()[: int(2.5 * SAMPLE_RATE)]
    times = timed(lambda: model.embed(audio), 100)
    return StageTimes.of(name, times, "who speaks: the voiceprint of an utterance of 2.5 s")


def _speech(name: str) -> StageTimes:
    from sentivox.tone.speech import SpeechModel

    model, audio = SpeechModel.load(), _three_seconds()
    times = timed(lambda: model.classify([audio]), 100)
    return StageTimes.of(name, times, "whether 3 s with words are speech: features, two CNNs")


def _text(name: str, model: TextClassifier, words: str, *, stand_in: bool = False) -> StageTimes:
    note = f"32 tokens, {model.name}, one thread"
    return StageTimes.of(name, timed(lambda: model.classify([words]), 200), note, stand_in=stand_in)


def _text_en(name: str) -> StageTimes:
    from sentivox.text.embedded import EmbeddedTextModel

    return _text(name, EmbeddedTextModel.load("en"), WORDS)


def _text_zh(name: str) -> StageTimes:
    from sentivox.text.embedded import EmbeddedTextModel

    return _text(name, EmbeddedTextModel.load("zh"), CHARACTERS)


def _text_distilbert(shelf: BenchModels, name: str) -> StageTimes:
    from sentivox.text.transformer import TransformerTextModel

    model = find_model("distilbert-sst2")
    found = shelf.find(model.id)
    reader = TransformerTextModel(found.folder, name=found.name, languages=model.languages)
    return _text(name, reader, WORDS, stand_in=found.stand_in)


def _asr(shelf: BenchModels, asr: str, name: str) -> StageTimes:
    spec, stand_in = TranscriberSpec(POCKETSPHINX), False
    if asr != POCKETSPHINX:
        found = shelf.find(asr)
        spec = recogniser_spec(find_model(asr), found.folder, name=found.name)
        stand_in = found.stand_in
    model, audio = build_transcriber(spec), _three_seconds()
    language = "en" if "en" in model.languages else None
    times = timed(lambda: model.transcribe(audio, language), 10)
    return StageTimes.of(name, times, f"3 s of speech, {model.name}, one core", stand_in=stand_in)


def _fusion(name: str) -> StageTimes:
    from sentivox.fusion.calibration import Calibration
    from sentivox.fusion.fuse import fuse
    from sentivox.fusion.opinion import Opinion, text_quality, tone_quality

    text, tone = (np.log(np.array(p, np.float32)) for p in ([0.8, 0.15, 0.05], [0.5, 0.3, 0.2]))
    how = Calibration()

    def one() -> object:
        opinions = [
            Opinion("text", text, text_quality(0.8, 9)),
            Opinion("tone", tone, tone_quality(2.5)),
        ]
        return fuse(opinions, how)

    return StageTimes.of(name, timed(one, 2000), "text and tone")


def _endpoint_to_utterance(models: ModelChoice, name: str) -> StageTimes:
    """Latency from the endpoint to the final Utterance, over all the customer's turns, twice.

    Each turn is fed at once, followed by a second of silence in real time. Transcription starts at
    the first pause, so only the silence must take real time.
    """
    asr, text, tone = models.asr, models.text, models.tone
    with Engine.load(models.profile, asr=asr, text=text, tone=tone) as engine:
        live = LiveStream(Runner(engine, engine.open()))
        times = [t for turn in _turns() for t in _answer_times(live, turn)]
        live.close()
        heard_by = engine.describe()["asr"]
        note = f"one stream, from the endpoint decision, {heard_by}, profile {engine.profile}"
    return StageTimes.of(name, times, note)


def _turns() -> Iterator[Int16Array]:
    """The audio of the customer's turns, twice over, with 0.3 s before and 0.1 s after each."""
    spans = [(t["start"], t["end"]) for t in script()["turns"] if t["channel"] == CUSTOMER]
    for start, end in spans * 2:
        yield _customer()[round((start - 0.3) * SAMPLE_RATE) : round((end + 0.1) * SAMPLE_RATE)]


def _answer_times(live: LiveStream, turn: Int16Array) -> Iterator[float]:
    """Feed a turn and a second of silence; yields seconds from SpeechEnded to final Utterance."""
    ended: dict[int, float] = {}
    live.feed(turn.tobytes())
    silence = np.random.default_rng(0).integers(-2, 3, SAMPLE_RATE).astype(np.int16)
    began, sent = time.perf_counter(), 0
    while sent < silence.size or ended:
        due = began + sent / SAMPLE_RATE
        if sent < silence.size and time.perf_counter() >= due:
            events = live.feed(silence[sent : sent + FRAME_SAMPLES].tobytes())
            sent += FRAME_SAMPLES
        else:
            time.sleep(0.001)
            events = live.poll()
        for event in events:
            if isinstance(event, SpeechEnded) and not event.discarded:
                ended[event.utterance_id] = time.perf_counter()
            elif isinstance(event, Utterance) and event.final and event.utterance_id in ended:
                yield time.perf_counter() - ended.pop(event.utterance_id)


def _ready(models: ModelChoice, name: str) -> StageTimes:
    def start() -> float:
        began = time.perf_counter()
        with LocalServer(*model_flags(models)) as server:
            server.wait_ready()
            return time.perf_counter() - began

    return StageTimes.of(name, [start() for _ in range(3)], "process start to /readyz 200")
