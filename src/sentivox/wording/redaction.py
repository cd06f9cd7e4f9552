"""Redaction of transcripts: card, phone and account numbers, IBANs and e-mail addresses.

Patterns, without a model: what they find, they always find. They know how recognisers write what
people say: "4 5 6 7 8 9", "4, 5, 6", "four five six", "四五六", "john at example dot com".

Numbers that belong together are joined before they are judged, and six digits or more are replaced
whatever they are. So it errs on the side of redaction: "pages 100-200" becomes "pages [number]".
Dates such as 2024-05-12, times, amounts ("$45.99", "1,234,567") and shorter numbers stay. Names and
addresses stay, too, and so do numbers in words of tens and hundreds ("forty-five sixty-seven").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sentivox.wording.spoken_digits import Digits, digits

FEWEST: Final = 6
"""Fewest digits in a row that are redacted."""

_CARD: Final = range(13, 20)
"""Numbers of digits of payment cards (ISO/IEC 7812)."""

_PHONE: Final = range(7, 16)
"""Numbers of digits of phone numbers: ITU-T E.164 has at most 15."""

_TOP_LEVEL: Final = "com|org|net|edu|gov|info|biz|io|ai|app|co|eu|us|uk|de|fr|nl|ch|ca|au|in|jp|cn"

_LETTER: Final = r"[^\W\u3040-\u9fff]"
"""A letter or digit, other than those of Chinese and Japanese: these stand beside addresses."""

_PART: Final = rf"(?:{_LETTER}|[.%+-])"
_NAME: Final = rf"(?=[.%+-]*{_LETTER}){_PART}+"
_EMAIL: Final = re.compile(
    rf"""(?<!{_PART})(?:
      {_NAME}\s?@\s?{_PART}+\.(?:{_LETTER}|-)+
    | (?:{_LETTER}\s){{0,20}}
      (?:{_PART}+\s(?:dot|underscore|dash|hyphen|minus|plus)\s){{0,4}}
      {_NAME}\s?(?:\bat\b|艾特)\s?
      (?:(?:{_LETTER}|-)+(?:\s(?:dot|dash|hyphen)\s|\s?点\s?|\.)){{1,4}}
      (?:{_TOP_LEVEL})(?!{_LETTER})
    )(?:(?:{_PART}|@)*{_LETTER})?""",
    re.VERBOSE | re.IGNORECASE,
)
"""An address as written; or as spoken, if it ends in a well-known domain: "look at" is none."""

_IBAN: Final = re.compile(r"\b(?=([A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,40}))", re.ASCII | re.IGNORECASE)
_IBAN_LENGTHS: Final = range(15, 35)

_MONTH, _DAY, _YEAR = r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])", r"(?:19|20)\d\d"
_NAMED: Final = "jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec"
_STAYS: Final = (
    re.compile(  # a date, and not a part of a longer number
        rf"""(?<!\d)(?<!\d[\s.,:/-])(?:
          {_YEAR}(?P<a>[-./]){_MONTH}(?P=a){_DAY}
          | (?:{_DAY}(?P<b>[-./]){_MONTH}(?P=b) | {_MONTH}(?P<c>[-./]){_DAY}(?P=c)){_YEAR}
          | \b(?ai:{_NAMED})[a-z]*\.?\s{_DAY}(?:st|nd|rd|th)?\s{_YEAR}
        )(?![\s./-]?\d)(?![\s.,:]{{1,2}}\d(?![\d/.-]))""",
        re.VERBOSE,
    ),
    re.compile(  # a time or an amount, and no digits one by one beside it
        r"""(?<!\d)(?<!\d[\s.,:-])
        (?:\d{1,2}:\d\d(?::\d\d)? | \d{1,3}(?:,\d{3})+(?:\.\d\d?)?)
        (?!\d)(?![\s.,:-]{1,2}\d(?!\d))""",
        re.VERBOSE,
    ),
)
"""What has many digits and stays."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Characters [start, end) of a text to be replaced by `marker`, such as "[card]"."""

    start: int
    end: int
    marker: str


def redacted(text: str) -> str:
    """The text with a marker in place of each finding: [card], [phone], [iban], [email], [number].

    Redacting twice changes nothing more, and text without digits, digit words and addresses stays
    as it is.
    """
    parts: list[str] = []
    end = 0
    for finding in findings(text):
        parts += text[end : finding.start], finding.marker
        end = finding.end
    return "".join([*parts, text[end:]])


def findings(text: str) -> list[Finding]:
    """What to redact in a text, in order and without overlap."""
    found = [Finding(*match.span(), "[email]") for match in _EMAIL.finditer(text)]
    rest = _without(text, found)
    found += _ibans(rest)
    rest = _without(rest, found)
    stay = [Finding(*match.span(), "") for kind in _STAYS for match in kind.finditer(rest)]
    found += [_number(rest, run) for run in digits(_without(rest, stay)) if run.count >= FEWEST]
    return sorted(found, key=lambda finding: finding.start)


def _without(text: str, found: list[Finding]) -> str:
    """The text with NUL for each character of the findings: nothing matches those or spans them."""
    for finding in found:
        text = text[: finding.start] + "\0" * (finding.end - finding.start) + text[finding.end :]
    return text


def _number(text: str, run: Digits) -> Finding:
    """The finding of a run of digits, with a sign or bracket that belongs to it."""
    start = run.start
    if text[start - 1 : start] == "(" and ")" in text[start : run.end]:
        start -= 1
    international = text[start - 1 : start] in ("+", "＋")
    if len(run.values) in _CARD and _luhn(run.values):
        marker = "[card]"
    elif len(run.values) in _PHONE and (international or run.grouped or run.values[0] == 0):
        marker = "[phone]"
    else:
        marker = "[number]"
    return Finding(start - international, run.end, marker)


def _luhn(values: tuple[int, ...]) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    doubled = (sum(divmod(2 * value, 10)) for value in values[-2::-2])
    return (sum(doubled) + sum(values[::-2])) % 10 == 0


def _ibans(text: str) -> Iterator[Finding]:
    """Account numbers with their check digits in order (ISO 13616)."""
    done = 0
    for match in _IBAN.finditer(text):
        ends = [m.end() for m in re.finditer(r"[^ ]+", match[1])]
        for end in reversed(ends):  # words may follow
            number = match[1][:end].replace(" ", "")
            begins = match.start() >= done
            if begins and len(number) in _IBAN_LENGTHS and _mod_97(number) == 1:
                done = match.start() + end
                yield Finding(match.start(), done, "[iban]")
                break


def _mod_97(number: str) -> int:
    return int("".join(str(int(c, 36)) for c in number[4:] + number[:4])) % 97
