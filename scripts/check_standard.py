"""Check that the standard profile transcribes the sample call. Needs the pulled models.

sentivox models pull standard && python scripts/check_standard.py
"""

import sys

import sentivox
from sentivox.engine.trial import plain_words, words_right
from sentivox.samples import CALL, script

ENOUGH = 0.85  # share of the script's words that must be recognised


def main() -> int:
    """Print the transcripts; return 1 if fewer than ENOUGH of the words are right."""
    said = " ".join(turn["text"] for turn in script()["turns"]).split()
    with sentivox.Analyzer("standard") as analyzer:
        result = analyzer.analyze(CALL).result()
    heard: list[str] = []
    for utterance in result.utterances:
        print(f"{utterance.start:6.2f}  {utterance.fused_score}  {utterance.transcript}")
        heard += plain_words(utterance.transcript or "")
    right = words_right(said, heard)
    print(f"{right:.0%} of the words are right ({result.models['asr']})")
    return 0 if right >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main())
