"""Text normalisation: one spelling for recogniser output, subtitles, treebanks and tweets.

Training and serving both use it, so a model never gets text in a form that it was not trained on.
Recognisers differ in case and hesitations, so both are removed. Some write sentence marks. These
are kept for weights that were trained on text both with and without them.
"""

import re
import unicodedata
from typing import Final

SPELLINGS: Final = {1: False, 2: True}
"""Whether sentence marks are kept, by version of the rules in this module. A model's sidecar names
the version that it was trained with; any change of the rules needs a new version."""

SENTENCE_MARKS: Final = frozenset({".", ",", "?", "!", "?!", "…"})
"""The sentence marks in normalised text; every run of marks becomes one of these."""

_APOSTROPHES: Final = re.compile("[\u2018\u2019\u02bc\u0060\u00b4\uff07]")
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_HAN_MARKS: Final = str.maketrans("。、", ".,")
"""Chinese marks that NFKC leaves unchanged."""

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
"""Hesitations, which some recognisers write and others omit. "Oh" and "hmm" carry meaning and are
not among them."""


def normalise_text(text: str, *, marks: bool = False) -> str:
    """Normalise a text to lower-case words separated by single spaces.

    Letters and digits of any script are kept, as are apostrophes inside words. Punctuation, marks
    of non-speech such as ``[music]``, links, mentions and hesitations are removed. Words split by
    a treebank ("do n't", "it 's") are joined again. The function is idempotent.

    Args:
        text: Any text; may be empty.
        marks: Keep sentence marks after words: each run becomes one of SENTENCE_MARKS, with a space
            before it.

    Returns:
        The normalised text; empty if it has no words.
    """
    text = _APOSTROPHES.sub("'", _compose(text))
    text = _AND.sub(" and ", _NOT_SPEECH.sub(" ", text))
    written: list[str] = []
    run: set[str] = set()  # the marks since the last word
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
    """The one mark that stands for a run of marks."""
    if {"?", "!"} <= run:
        return "?!"
    return next(mark for mark in "?!….," if mark in run)


def _compose(text: str) -> str:
    """Lower case in compatibility form (NFKC), without combining accents that do not compose."""
    folded = unicodedata.normalize("NFKC", text.translate(_HAN_MARKS)).lower()
    return _ACCENTS.sub("", unicodedata.normalize("NFKC", folded))
