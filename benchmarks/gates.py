"""Quality gates: figures that must not fall, measured anew on real data.

    python -m benchmarks.gates

Reads the folder named by $SENTIVOX_DATA and says so when it is not there. The tone model is judged
on the four actors who were kept from it; its figures over all folds stand in its card.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks import asr_quality, vad_quality
from benchmarks.recogniser import files, recogniser
from sentivox.asr.guard import NOT_SPEECH, SPEECH
from sentivox.errors import ModelError
from sentivox.evaluation.readers import read_examples
from sentivox.evaluation.tone import judge as judge_tone
from sentivox.speech.endpointing import EndpointConfig
from sentivox.speech.vad import SileroVad
from sentivox.text.embedded import EmbeddedTextModel
from sentivox.tone.model import ToneModel
from sentivox.tone.speech import SpeechModel
from training.fusion import study
from training.speech.sounds import esc10, utterances
from training.speech.tested import spoken
from training.text.evaluate import BENCHMARKS, evaluate
from training.text.zh import evaluate as chinese
from training.tone.corpus import HELD_BACK, fold_speakers

TONE_FLOORS = {"uar3": 0.69, "uar8": 0.56}
WORDS_WRONG = {
    ("pocketsphinx", "librispeech_test_clean_80"): (0.36, 4),
    ("whisper-tiny.en", "librispeech_test_clean_80"): (0.07, 1),
    ("whisper-tiny.en", "librispeech_test_other"): (0.17, 1),
    ("whisper-tiny.en", "commonvoice_en"): (0.18, 1),
    ("whisper-tiny.en", "spokenwoz_sample"): (0.32, 1),
}
"""The most that may be wrong, of each N-th clip: a PocketSphinx second takes as much as 20 of
Whisper's."""

TEXT_FLOORS = {
    "SST-2 dev": 0.88, "MELD test": 0.62, "TweetEval test": 0.66,
    "MELD test, words alone": 0.58, "TweetEval test, words alone": 0.65,
}  # fmt: skip
# What is wanted at least (.93, .60, .86), or else two points under what was reached; the goals
# are .95, .64 and .90.
CHINESE_FLOORS = {
    "ChnSentiCorp test": 0.88, "MSCTD-zh test": 0.60, "conversation_xs test": 0.86,
    "ChnSentiCorp test, words alone": 0.88, "MSCTD-zh test, words alone": 0.58,
    "conversation_xs test, words alone": 0.86,
}  # fmt: skip


class Gate(NamedTuple):
    """A figure, and the least (or, for errors, the most) it may be."""

    name: str
    value: float
    bound: float
    error: bool = False

    @property
    def passed(self) -> bool:
        """Whether the figure is good enough."""
        return self.value <= self.bound if self.error else self.value >= self.bound


def text(data: Path) -> Iterator[Gate]:
    """The embedded English text model, as it is served."""
    model = EmbeddedTextModel.load("en")
    for benchmark in BENCHMARKS:
        if benchmark.title in TEXT_FLOORS:
            figures = evaluate(model, data / "text", benchmark).as_dict()
            name = f"{benchmark.title} {benchmark.figure}"
            yield Gate(name, figures[benchmark.figure], TEXT_FLOORS[benchmark.title])


def tone(data: Path) -> Iterator[Gate]:
    """The tone model as it is served, on the actors it never heard."""
    strangers = fold_speakers(HELD_BACK)
    clips = [e for e in read_examples(data / "tone" / "ravdess") if e.speaker in strangers]
    report = judge_tone(clips, ToneModel.load(), lambda _done, _total: None)
    for name, floor in TONE_FLOORS.items():
        yield Gate(f"tone {name}, actors never heard", report.metrics[name], floor)
    session = report.parts["session"].metrics["uar3"]
    yield Gate("tone uar3, the same in a session", session, TONE_FLOORS["uar3"])


def chinese_text(data: Path) -> Iterator[Gate]:
    """The embedded Chinese text model, as it is served."""
    model = EmbeddedTextModel.load("zh")
    for benchmark in chinese.BENCHMARKS:
        if benchmark.title in CHINESE_FLOORS:
            figures = chinese.evaluate(model, data / "text", benchmark)
            name = f"{benchmark.title} {benchmark.figure}"
            yield Gate(name, figures[benchmark.figure], CHINESE_FLOORS[benchmark.title])


def voice_activity(data: Path) -> Iterator[Gate]:
    """Speech in noise at 10 dB, and noise alone."""
    config = EndpointConfig()
    scenes = vad_quality.mixtures(SileroVad(), data, seed=0)
    means = vad_quality.summarise([vad_quality.score(scene, config) for scene in scenes])
    at_10_db, alone = means[1], means[-1]
    yield Gate("VAD windows right, 10 dB", at_10_db.windows, 0.90)
    yield Gate("false alarms an hour of noise", alone.false_alarms or 0.0, 1.0, error=True)


def words(data: Path) -> Iterator[Gate]:
    """The recognisers that are here."""
    for asr in dict.fromkeys(asr for asr, _ in WORDS_WRONG):
        try:
            files(asr)
        except ModelError as error:
            print(f"skip words wrong, {asr}: {error}")
            continue
        ears = recogniser(asr)
        for (whose, name), (most, every) in WORDS_WRONG.items():
            if whose == asr:
                done = asr_quality.measure(ears, data / "asr" / name, every)
                wer = asr_quality.summarise(name, done).wer
                yield Gate(f"words wrong, {asr}, {name}", wer, most, error=True)


def speech_or_not(data: Path) -> Iterator[Gate]:
    """The speech model on people it never heard, and on noises it has."""
    model, noises = SpeechModel.load(), esc10(data)
    vad = SileroVad()
    said = model.classify([audio for _, audio in spoken(data)])
    taken = model.classify([one for *_, noise in noises for one in utterances(noise, vad)])
    kept = sum(s.probability >= NOT_SPEECH for s in said) / len(said)
    believed = sum(s.probability >= SPEECH for s in said) / len(said)
    yield Gate("utterances not taken for noise", kept, 0.99)
    yield Gate("utterances surely speech", believed, 0.96)
    yield Gate("noises surely speech", sum(s.probability >= SPEECH for s in taken), 0, error=True)


def fused(data: Path) -> Iterator[Gate]:
    """The default rule against the better modality; also with each voice heard against itself."""
    table = study.compare(study.read(data / "fusion"))
    better = max(table[name].figures["uar"] for name in study.ALONE)
    for name, rule in (("fusion", study.DEFAULT), ("fusion as served", study.USUAL[1])):
        yield Gate(f"{name}, gain in UAR", table[rule].figures["uar"] - better, 0.0)
        yield Gate(f"{name}, ECE", table[rule].figures["ece"], 0.05, error=True)


def main() -> int:
    """Measure, print, and fail when a figure fell."""
    data = Path(os.environ.get("SENTIVOX_DATA", "../shared/data"))
    if not (data / "text").is_dir():
        print(f"quality gates: skipped, {data} does not hold the data (name it in SENTIVOX_DATA)")
        return 0
    failed = 0
    for part in (tone, text, chinese_text, voice_activity, words, speech_or_not, fused):
        for gate in part(data):
            failed += not gate.passed
            sign, mark = ("<=" if gate.error else ">="), ("ok  " if gate.passed else "FAIL")
            print(f"{mark} {gate.name:56} {gate.value:.3f} ({sign} {gate.bound})", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
