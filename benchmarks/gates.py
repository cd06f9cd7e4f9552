"""Quality gates: measure accuracy on real data and fail if a figure is beyond its limit.

    python -m benchmarks.gates

The limits are in docs/accuracy.toml, beside the figures that the documents state. The data are in
the folder named by $SENTIVOX_DATA; without it the gates are skipped with a message. The tone models
are judged on the four actors that they were not trained on; docs/accuracy.md has the figures over
all folds.
"""

import os
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks import asr_quality, false_alarms, service_sentences, vad_quality
from benchmarks.recogniser import files, recogniser
from sentivox.api.analyzer import Analyzer
from sentivox.asr.weighing import HIGH_SPEECH, LOW_SPEECH
from sentivox.errors import ModelError
from sentivox.evaluation.readers import read_examples
from sentivox.evaluation.tone import ToneModels, judge_tone
from sentivox.speech.endpointing import EndpointConfig
from sentivox.speech.vad import SileroVad
from sentivox.text.embedded import EmbeddedTextModel
from sentivox.tone.speech import SpeechModel
from training.fusion import study
from training.speech.sounds import esc10, utterances
from training.speech.tested import cut, single_words, spoken
from training.text.evaluate import BENCHMARKS, evaluate
from training.text.zh import evaluate as chinese
from training.tone.corpus import HELD_BACK, fold_speakers

BOUNDS = tomllib.loads(
    (Path(__file__).parents[1] / "docs/accuracy.toml").read_text(encoding="utf-8")
)["gates"]
"""The lowest value that each figure may have; for errors, the highest."""

EVERY = {"pocketsphinx": 4, "whisper-tiny.en": 1}
"""Recogniser -> n, where every n-th clip is transcribed: PocketSphinx takes 20 times as long."""


CALM_CONFIDENCE = 0.6
"""Confidence from which a negative or positive tone of calm speech is a false alarm."""


class Gate(NamedTuple):
    """A figure and its limit: the lowest allowed value, or the highest if it is an error."""

    name: str
    value: float
    bound: float
    error: bool = False

    @property
    def passed(self) -> bool:
        """Whether the figure is within its limit."""
        return self.value <= self.bound if self.error else self.value >= self.bound


def text(data: Path) -> Iterator[Gate]:
    """Measure the embedded English text model, as served."""
    model = EmbeddedTextModel.load("en")
    for benchmark in BENCHMARKS:
        if benchmark.title in BOUNDS["text_en"]:
            figures = evaluate(model, data / "text", benchmark).as_dict()
            name = f"{benchmark.title} {benchmark.figure}"
            yield Gate(name, figures[benchmark.figure], BOUNDS["text_en"][benchmark.title])


def tone(data: Path) -> Iterator[Gate]:
    """Measure the tone models, as served, on the actors that they were not trained on."""
    strangers = fold_speakers(HELD_BACK)
    clips = [e for e in read_examples(data / "tone" / "ravdess") if e.speaker in strangers]
    report = judge_tone(clips, ToneModels.load(), lambda _done, _total: None)
    for name in ("uar3", "uar8"):
        floor = BOUNDS["tone"][name]
        yield Gate(f"tone {name}, actors never heard", report.metrics[name], floor)
    session = report.parts["session"].metrics["uar3"]
    yield Gate("tone uar3, the same in a session", session, BOUNDS["tone"]["session"])


def calm(data: Path) -> Iterator[Gate]:
    """Measure how much calm speech gets a negative or positive tone, as served."""
    with Analyzer(modalities=("audio",)) as analyzer:
        for found in false_alarms.measure(analyzer, data):
            share, most = found.share(CALM_CONFIDENCE), BOUNDS["false_alarms"][found.name]
            yield Gate(f"calm, but not in tone, {found.name}", share, most, error=True)


def chinese_text(data: Path) -> Iterator[Gate]:
    """Measure the embedded Chinese text model, as served."""
    model = EmbeddedTextModel.load("zh")
    for benchmark in chinese.BENCHMARKS:
        if benchmark.title in BOUNDS["text_zh"]:
            figures = chinese.evaluate(model, data / "text", benchmark)
            name = f"{benchmark.title} {benchmark.figure}"
            yield Gate(name, figures[benchmark.figure], BOUNDS["text_zh"][benchmark.title])


def service(_data: Path) -> Iterator[Gate]:
    """Measure the embedded text models on sentences of customer service."""
    for language, floor in BOUNDS["service"].items():
        sentences = [one for one in service_sentences.read() if one.language == language]
        guessed = service_sentences.guesses(EmbeddedTextModel.load(language), sentences)
        found = service_sentences.figures(sentences, guessed)["accuracy"]
        yield Gate(f"service sentences right, {language}", found, floor)


def voice_activity(data: Path) -> Iterator[Gate]:
    """Measure voice activity detection on speech in noise at 10 dB and on noise alone."""
    config = EndpointConfig()
    scenes = vad_quality.mixtures(SileroVad(), data, seed=0)
    means = vad_quality.summarise([vad_quality.score(scene, config) for scene in scenes])
    at_10_db, alone = means[1], means[-1]
    yield Gate("VAD windows right, 10 dB", at_10_db.windows, BOUNDS["vad"]["windows_10_db"])
    most = BOUNDS["vad"]["false_alarms_an_hour"]
    yield Gate("false alarms an hour of noise", alone.false_alarms or 0.0, most, error=True)


def words(data: Path) -> Iterator[Gate]:
    """Measure the word error rates of the installed recognisers."""
    for asr, bounds in BOUNDS["words_wrong"].items():
        try:
            files(asr)
        except ModelError as error:
            print(f"skip words wrong, {asr}: {error}")
            continue
        ears = recogniser(asr)
        for name, most in bounds.items():
            done = asr_quality.measure(ears, data / "asr" / name, EVERY[asr])
            wer = asr_quality.summarise(name, done).wer
            yield Gate(f"words wrong, {asr}, {name}", wer, most, error=True)


def speech_or_not(data: Path) -> Iterator[Gate]:
    """Measure the speech model on speakers it was not trained on, and on noises it was."""
    model, noises = SpeechModel.load(), esc10(data)
    vad = SileroVad()
    utterances_said = list(spoken(data))
    said = model.classify([audio for _, audio in utterances_said])
    taken = model.classify([one for *_, noise in noises for one in utterances(noise, vad)])
    kept = sum(s.probability >= LOW_SPEECH for s in said) / len(said)
    believed = sum(s.probability >= HIGH_SPEECH for s in said) / len(said)
    yield Gate("utterances not taken for noise", kept, BOUNDS["speech"]["not_refused"])
    yield Gate("utterances surely speech", believed, BOUNDS["speech"]["believed"])
    alone = model.classify([audio for _, audio in (*cut(utterances_said), *single_words(data))])
    words_kept = sum(s.probability >= LOW_SPEECH for s in alone) / len(alone)
    yield Gate("single words not taken for noise", words_kept, BOUNDS["speech"]["words_kept"])
    noises_believed = sum(s.probability >= HIGH_SPEECH for s in taken)
    most = BOUNDS["speech"]["noises_believed"]
    yield Gate("noises surely speech", noises_believed, most, error=True)


def fused(data: Path) -> Iterator[Gate]:
    """Measure the default fusion rule against the better modality.

    Once on the scores as they are and once, as served, with each voice judged against itself.
    """
    table = study.compare(study.read(data / "fusion"))
    better = max(table[name].figures["uar"] for name in study.ALONE)
    for name, rule in (("fusion", study.DEFAULT), ("fusion as served", study.USUAL[1])):
        yield Gate(
            f"{name}, gain in UAR", table[rule].figures["uar"] - better, BOUNDS["fusion"]["gain"]
        )
        yield Gate(f"{name}, ECE", table[rule].figures["ece"], BOUNDS["fusion"]["ece"], error=True)


def main() -> int:
    """Measure and print; return 1 if a figure is beyond its limit."""
    data = Path(os.environ.get("SENTIVOX_DATA", "../shared/data"))
    if not (data / "text").is_dir():
        print(f"quality gates: skipped, {data} does not hold the data (name it in SENTIVOX_DATA)")
        return 0
    failed = 0
    parts = (tone, calm, text, chinese_text, service, voice_activity, words, speech_or_not, fused)
    for part in parts:
        for gate in part(data):
            failed += not gate.passed
            sign, mark = ("<=" if gate.error else ">="), ("ok  " if gate.passed else "FAIL")
            print(f"{mark} {gate.name:56} {gate.value:.3f} ({sign} {gate.bound})", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
