"""A few words quoted from what was said, for a headline. Pure functions.

A quotation says what an utterance was about, in at most WORDS words or CHARACTERS Chinese or
Japanese characters, and is never the whole utterance. Sentences tend to end in what is new: so the
end of the longest clause is taken, without the small words that it then begins with. A "not" is
never cut off, as this would quote the opposite.
"""

import re
from collections.abc import Sequence
from typing import Final

from sentivox.wording.redaction import redacted

WORDS: Final = 6
"""Most words of a quotation."""

CHARACTERS: Final = 12
"""Most characters of a quotation in Chinese or Japanese."""

_LONGEST: Final = 60
"""Most characters of any quotation: what is longer are no words."""

_HAN: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_UNWANTED: Final = re.compile(r"[^\w\s.,!?;:'’&%$€£¥+/@\[\]。，！？；：、…-]|_")
"""Marks that are no part of words: quotation marks, brackets, what programs take for markup."""

_TAG: Final = re.compile(r"<[^<>]*>")
_CLAUSE: Final = re.compile(r"(?:[.,!?;:…](?=\s|$)|[。，！？；：、…])+")
_EDGES: Final = " .,!?;:'’/-…。，！？；：、"

_SMALL: Final = re.compile(
    "i|i'm|i've|i'll|i'd|im|you|you're|you've|he|she|it|it's|we|we're|we've|they|they're|"
    "that|that's|this|there|there's|is|am|are|was|were|be|been|being|have|has|had|do|does|"
    "did|a|an|the|and|but|so|or|then|because|well|yes|yeah|oh|ah|um|uh|okay|ok|hello|hi|to|"
    "of|for|with|in|on|at|my|your|our|his|her|their|just|really|please|will|would|can|could|"
    "should"
)
_SMALL_HAN: Final = re.compile(
    "我们|你们|他们|她们|这个|那个|但是|可是|所以|而且|然后|那么|已经|因为|就是|[我你您他她它这那就都也还又嗯哦啊喂呃]"
)
_NOT: Final = re.compile(r"not|no|never|nobody|nothing|none|neither|without|hardly|cannot|\w+n't")
_NOT_HAN: Final = re.compile("[不没沒别未無无]")


def quotation(text: str | None) -> str | None:
    """A few words of a transcript, without quotation marks; None if there are none to quote.

    Numbers and addresses are redacted before anything is cut, so that no part of one is left.
    """
    if not text:
        return None
    plain = _UNWANTED.sub(" ", _TAG.sub(" ", redacted(text)))
    clauses = [found for clause in _CLAUSE.split(plain) if (found := clause.strip(_EDGES))]
    if not clauses:
        return None
    if 2 * len(_HAN.findall(text)) > len("".join(text.split())):
        quoted = _characters("".join(max(clauses, key=len).split()), alone=len(clauses) == 1)
    else:
        words = max((clause.split() for clause in clauses), key=len)
        quoted = " ".join(_words(words, alone=len(clauses) == 1))
    whole = _letters(quoted) == _letters(text)
    return quoted if quoted and len(quoted) <= _LONGEST and not whole else None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _words(words: Sequence[str], *, alone: bool) -> list[str]:
    """The last words of a clause; none if only the whole of what was said would do.

    Args:
        words: The words of the clause.
        alone: The clause is all that was said.
    """
    plain = [word.lower().replace("’", "'") for word in words]
    negated = next((i for i, word in enumerate(plain) if _NOT.fullmatch(word)), len(words))
    start = max(len(words) - WORDS, 0)
    start = min(start, negated)
    end = min(start + WORDS, len(words))
    while end < len(words) and end - start > 2 and _SMALL.fullmatch(plain[end - 1]):
        end -= 1
    while start < end and _SMALL.fullmatch(plain[start]):
        start += 1
    last = list(words[start:end])
    if not alone or len(last) < len(words):
        return last
    if len(last) <= 2:
        return []
    return last[:-1] if negated == 0 else last[1:]


def _characters(clause: str, *, alone: bool) -> str:
    """The same for a clause that is written without spaces."""
    negated = _NOT_HAN.search(clause)
    start = max(len(clause) - CHARACTERS, 0)
    if negated is not None:
        start = min(start, negated.start())
    last = clause[start : start + CHARACTERS]
    while len(last) > 4 and (small := _SMALL_HAN.match(last)):
        last = last[small.end() :]
    if not alone or len(last) < len(clause):
        return last
    return f"{last[:-2]}…" if len(last) > 5 else ""
