"""One spelling for every text, whatever wrote it: an ASR engine, a subtitle, a treebank, a tweet.

Training and serving both come through here, so the model never sees a text written in a way
it was not trained on. Speech recognisers disagree about case, punctuation and hesitations,
therefore none of these survive.
"""

import re
import unicodedata
from typing import Final

SPELLING: Final = 1
"""Version of the rules below. Weights name the one they were trained with; raise it on change."""

_APOSTROPHES: Final = re.compile("[\u2018\u2019\u02bc\u0060\u00b4\uff07]")
_MARKS: Final = re.compile("[\u0300-\u036f]")
_NOT_SPEECH: Final = re.compile(
    r"""https?://\S+ | www\.\S+ | (?<!\w)@\w+   # links and mentions
      | \[[^\[\]]{0,40}\] | <[^<>]{0,40}>       # [music], [noise], <sil>, </s>
      | -[lr][rsc]b-                            # treebank brackets
    """,
    re.VERBOSE,
)
_AND: Final = re.compile(r"&(?:amp;)?")
_PUNCTUATION: Final = re.compile(r"[^\w']|_|'{2,}")
_CLITICS: Final = frozenset({"n't", "'s", "'re", "'ve", "'ll", "'d", "'m"})

HESITATIONS: Final = frozenset({"uh", "uhh", "um", "umm", "uhm", "erm", "er"})
"""Sounds that some engines write down and others leave out. "Oh" and "hmm" mean something."""


def normalise(text: str) -> str:
    """Fold a text to lower-case words with single spaces between them.

    Letters and digits of any script and apostrophes inside words stay; punctuation, marks of
    non-speech such as ``[music]``, links, mentions and hesitations go. Words that a treebank
    split ("do n't", "it 's") are joined again. Normalising twice changes nothing.

    Args:
        text: Any text, of any length, even empty.

    Returns:
        The words; empty when there are none.
    """
    text = _APOSTROPHES.sub("'", _compose(text))
    text = _AND.sub(" and ", _NOT_SPEECH.sub(" ", text))
    words: list[str] = []
    for word in _PUNCTUATION.sub(" ", text).split():
        tail, bare = word.rstrip("'"), word.strip("'")
        if words and (tail in _CLITICS or bare == "n't"):
            words[-1] += tail if tail in _CLITICS else bare
        elif bare and bare not in HESITATIONS:
            words.append(bare)
    return " ".join(words)


def _compose(text: str) -> str:
    """Lower case in compatibility form, less the accents that no single character carries."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return _MARKS.sub("", unicodedata.normalize("NFKC", folded))
