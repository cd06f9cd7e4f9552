"""The language model in PocketSphinx's own wheel, read from its binary form.

PocketSphinx can write ARPA text, but not of this model: its header counts six bigrams too many.
The form is that of `lm_trie.c`: unigrams in full, then bigrams and trigrams packed to the bit,
n-grams in reverse, probabilities as places in tables of 65 536 values.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.lm.backoff import BITS, Backoff, Keys, Level

_MAGIC: Final = b"Trie Language Model"
_TABLE: Final = 1 << 16
_BASE: Final = np.log10(1.0001)  # PocketSphinx's logarithms to ours
_UNIGRAM: Final = np.dtype([("log", "<f4"), ("bow", "<f4"), ("next", "<u4")])


def read_stock(path: Path) -> Backoff:
    """Read a trigram model in PocketSphinx's trie form.

    Raises:
        ValueError: It is something else.
    """
    data = path.read_bytes()
    if not data.startswith(_MAGIC) or data[len(_MAGIC)] != 3:
        raise ValueError(f"{path} is no trigram model in PocketSphinx's binary form")
    at = len(_MAGIC) + 1
    counts = np.frombuffer(data, "<u4", 3, at).tolist()
    at += 12 + 4
    tables = np.frombuffer(data, "<f4", 3 * _TABLE, at).reshape(3, _TABLE) * _BASE
    at += 12 * _TABLE
    unigrams = np.frombuffer(data, _UNIGRAM, counts[0] + 1, at)
    at += _UNIGRAM.itemsize * (counts[0] + 1)
    word, link = counts[0].bit_length(), counts[2].bit_length()
    wide, narrow = word + 32 + link, word + 16
    middle = data[at : at + ((1 + counts[1]) * wide + 7) // 8 + 8]
    at += len(middle)
    longest = data[at : at + ((1 + counts[2]) * narrow + 7) // 8 + 8]
    at += len(longest) + 4
    words = [word.decode() for word in data[at:].split(b"\0")[:-1]]

    firsts = unigrams["next"].astype(np.int64)
    n2 = int(firsts[-1])  # what there really is
    links = _field(middle, n2 + 1, wide, word + 32, link)
    n3 = int(links[-1])
    last = np.repeat(np.arange(counts[0]), np.diff(firsts))
    codes = _field(middle, n2, wide, word, 32)
    pairs = _field(middle, n2, wide, 0, word) << BITS | last
    triples = _field(longest, n3, narrow, 0, word) << (2 * BITS)
    triples |= np.repeat(pairs, np.diff(links))
    return Backoff(
        words,
        (
            Level(
                np.arange(counts[0]),
                unigrams["log"][:-1] * _BASE,
                unigrams["bow"][:-1] * _BASE,
            ),
            _level(pairs, tables[0][codes >> 16], tables[1][codes & 0xFFFF]),
            _level(triples, tables[2][_field(longest, n3, narrow, word, 16)], np.zeros(n3)),
        ),
    )


def _field(packed: bytes, count: int, stride: int, offset: int, width: int) -> Keys:
    """Numbers of `width` bits, one each `stride` bits, the first after `offset` bits."""
    memory = np.frombuffer(packed, np.uint8)
    at = np.arange(count, dtype=np.int64) * stride + offset
    value = np.zeros(count, np.uint64)
    for i in range(8):
        value |= memory[np.minimum((at >> 3) + i, len(memory) - 1)].astype(np.uint64) << np.uint64(
            8 * i
        )
    value >>= (at & 7).astype(np.uint64)
    return (value & np.uint64((1 << width) - 1)).astype(np.int64)


def _level(keys: Keys, log: NDArray[np.floating], bow: NDArray[np.floating]) -> Level:
    order = np.argsort(keys)
    return Level(keys[order], log[order].astype(float), bow[order].astype(float))
