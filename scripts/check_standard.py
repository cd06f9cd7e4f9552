"""The standard profile on the sample call: does it hear the words? Needs the pulled models.

sentivox models pull standard && python scripts/check_standard.py
"""

import json
import sys
from difflib import SequenceMatcher
from pathlib import Path

import sentivox

SAMPLE = Path(sentivox.__file__).parent / "samples" / "call.flac"
ENOUGH = 0.85


def main() -> int:
    """Print what was heard; 1 when too little of it is right."""
    script = json.loads(SAMPLE.with_suffix(".json").read_text())
    said = " ".join(turn["text"] for turn in script["turns"]).split()
    with sentivox.Analyzer("standard") as analyzer:
        result = analyzer.analyze(SAMPLE).result()
    heard: list[str] = []
    for utterance in result.utterances:
        print(f"{utterance.start:6.2f}  {utterance.fused_score}  {utterance.transcript}")
        words = (utterance.transcript or "").lower()
        heard += "".join(c for c in words if c.isalnum() or c in " '").split()
    matcher = SequenceMatcher(None, said, heard, autojunk=False)
    right = sum(block.size for block in matcher.get_matching_blocks()) / len(said)
    print(f"{right:.0%} of the words are right ({result.models['asr']})")
    return 0 if right >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main())
