"""The tokenizer: one token for each character, the same for its traditional and simplified form.

Recognisers write Mandarin in either script. A traditional character gets the number of its
simplified one, so that the model does not see the difference. The table is OpenCC's (Apache-2.0).
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Final

PAD: Final = "[PAD]"
UNKNOWN: Final = "[UNK]"
_LEAST: Final = 3  # occurrences that a character needs to get a number


def vocabulary(texts: Iterable[str], least: int = _LEAST) -> dict[str, int]:
    """Number the simplified characters that occur at least `least` times, most frequent first."""
    fold = simplified()
    counts = Counter(fold.get(c, c) for text in texts for c in text)
    kept = sorted((c for c, n in counts.items() if n >= least), key=lambda c: (-counts[c], c))
    return {PAD: 0, UNKNOWN: 1} | {c: n for n, c in enumerate(kept, 2)}


def simplified() -> dict[str, str]:
    """Return the simplified form of each traditional character that differs from it."""
    table = resources.files("opencc") / "dictionary" / "TSCharacters.txt"
    pairs = (line.split() for line in table.read_text(encoding="utf-8").splitlines())
    return {old: new[0] for old, *new in pairs if new and len(old) == 1 and old not in new}


def write_tokenizer(numbers: Mapping[str, int], path: Path) -> None:
    """Write ``tokenizer.json``, which removes spaces and makes a token of each character.

    The JSON is written by hand because the tokenizers library can read two characters with the
    same number, but writes only the last of them.
    """
    also = {old: numbers[new] for old, new in simplified().items() if new in numbers}
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "WhitespaceSplit"},
                {
                    "type": "Split",
                    "pattern": {"String": ""},
                    "behavior": "Isolated",
                    "invert": False,
                },
            ],
        },
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": {**also, **numbers}, "unk_token": UNKNOWN},
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")
