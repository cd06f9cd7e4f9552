"""One spelling for every text, whatever wrote it: an ASR engine, a subtitle, a treebank, a tweet.

Training and serving both come through here, so the model never sees a text written in a way
it was not trained on. Speech recognisers disagree about case and hesitations, therefore neither
survives. Some write sentence marks: these are kept for weights that have learned to read a text
both with and without them.
"""

import re
import unicodedata
from typing import Final

SPELLINGS: Final = {1: False, 2: True}
"""Versions of the rules below, and whether they keep sentence marks. Weights name the one that they
were trained with; changed rules are a new version."""

SENTENCE_MARKS: Final = frozenset({".", ",", "?", "!", "?!", "…"})
"""What any run of marks is written as."""

_APOSTROPHES: Final = re.compile("[\u2018\u2019\u02bc\u0060\u00b4\uff07]")
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_HAN_MARKS: Final = str.maketrans("。、", ".,")
"""Those that compatibility forms leave as they are."""

_NOT_SPEECH: Final = re.compile(
    r"""https?://\S+ | www\.\S+ | (?<!\w)@\w+   # links and mentions
      | \[[^\[\]]{0,40}\] | <[^<>]{0,40}>       # [music], [noise], <sil>, </s>
      | -[lr][rsc]b-                            # treebank brackets
    """,
    re.VERBOSE,
)
_AND: Final = re.compile(r"&(?:amp;)?")
_PIECE: Final = re.compile(
    r"""[!?] | \.{2,} | [.,](?![a-z0-9])        # a mark, but not the point of 3.5
      | (?:[^\W_]|(?<!')'(?!'))+                # a word and its single apostrophes
    """,
    re.VERBOSE,
)
_CLITICS: Final = frozenset({"n't", "'s", "'re", "'ve", "'ll", "'d", "'m"})

HESITATIONS: Final = frozenset({"uh", "uhh", "um", "umm", "uhm", "erm", "er"})
"""Sounds that some engines write down and others leave out. "Oh" and "hmm" mean something."""


def normalise(text: str, *, marks: bool = False) -> str:
    """Fold a text to lower-case words with single spaces between them.

    Letters and digits of any script and apostrophes inside words stay; punctuation, marks of
    non-speech such as ``[music]``, links, mentions and hesitations go. Words that a treebank
    split ("do n't", "it 's") are joined again. Normalising twice changes nothing.

    Args:
        text: Any text, of any length, even empty.
        marks: Keep sentence marks behind the words that they follow, each run of them as one of
            SENTENCE_MARKS, with a space before it.

    Returns:
        The words; empty when there are none.
    """
    text = _APOSTROPHES.sub("'", _compose(text))
    text = _AND.sub(" and ", _NOT_SPEECH.sub(" ", text))
    written: list[str] = []
    run: set[str] = set()  # of marks since the last word
    for piece in _PIECE.findall(text):
        if piece[0] in ".,?!":
            if marks and written:
                run.add("…" if piece[1:] else piece)
            continue
        tail, bare = piece.rstrip("'"), piece.strip("'")
        if written and not run and (tail in _CLITICS or bare == "n't"):
            written[-1] += tail if tail in _CLITICS else bare
        elif bare and bare not in HESITATIONS:
            written += [_fold(run), bare] if run else [bare]
            run.clear()
    return " ".join([*written, _fold(run)] if run else written)


def _fold(run: set[str]) -> str:
    """One mark for a run of them: the one that says most."""
    if {"?", "!"} <= run:
        return "?!"
    return next(mark for mark in "?!….," if mark in run)


def _compose(text: str) -> str:
    """Lower case in compatibility form, less the accents that no single character carries."""
    folded = unicodedata.normalize("NFKC", text.translate(_HAN_MARKS)).lower()
    return _ACCENTS.sub("", unicodedata.normalize("NFKC", folded))
