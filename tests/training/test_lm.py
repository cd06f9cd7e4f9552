"""The language model's arithmetic: what is counted, mixed and pruned stays a distribution."""

from pathlib import Path

import numpy as np
import pocketsphinx as ps
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.lm.backoff import BITS, Backoff, mixed
from training.lm.kneser_ney import count, estimate, perplexity
from training.lm.sentences import OUT, indexed, new_words
from training.lm.stock import read_stock

WORDS = ["</s>", "<s>", "a", "b", "c", "d"]
SENTENCES = st.lists(st.lists(st.integers(2, 5), min_size=1, max_size=6), min_size=4, max_size=30)


def model(sentences: list[list[int]]) -> Backoff:
    return estimate(WORDS, *count(sentences, start=1, end=0), start=1)


def sums(one: Backoff) -> list[float]:
    """Total probability of all words after every history of two words and of one."""
    words = np.arange(len(WORDS))
    totals = [
        (10.0 ** one.log(words | b << BITS | a << 2 * BITS)).sum() for a in words for b in words[1:]
    ]
    return [*totals, *[(10.0 ** one.log(words | a << BITS, 2)).sum() for a in words]]


# Once and twice something must be seen, or there is no discount to be had.
SEED = [[2, 3, 4], [2, 3, 5], [4, 4], [5, 2, 3], [3, 3, 5, 4], [2, 2]]


@settings(max_examples=15)
@given(SENTENCES, SENTENCES, st.floats(0.05, 0.95), st.floats(0, 0.05))
def test_counted_mixed_and_pruned_models_are_distributions(one, other, share, threshold) -> None:
    both = mixed(model(SEED + one), model(SEED + other), share)
    for built in (model(SEED + one), both, both.pruned(threshold)):
        assert sums(built) == pytest.approx(np.ones(len(sums(built))), abs=1e-5)


def test_pruning_takes_what_costs_least() -> None:
    full = model(SEED)
    sizes = [len(full.pruned(t).levels[2].keys) for t in (-1.0, 1e-3, 1e-2, 1.0)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == len(full.levels[2].keys)
    assert sizes[-1] == 1


def test_what_was_said_is_expected_more_than_its_reverse() -> None:
    full = model(SEED * 3)
    said, reversed_ = (count([s[::step] for s in SEED], 1, 0) for step in (1, -1))
    assert perplexity(full, *said) < perplexity(full, *reversed_)


def test_nothing_spans_a_word_out_of_the_vocabulary() -> None:
    keys, _ = count([[2, OUT, 3, 4]], start=1, end=0)
    triples = {tuple(int(k >> BITS * i & 0x1FFFF) for i in (2, 1, 0)) for k in keys}
    assert triples == {(1, 1, 2), (3, 4, 0)}


def test_words_are_found_by_place_and_new_ones_by_the_dictionary() -> None:
    said = [["a", "zebra", "xx"], ["zebra", "xx", "once"]]
    assert indexed([["a", "zebra"]], WORDS) == [[2, OUT]]
    assert new_words(said, WORDS, ["a", "zebra", "once"]) == ["zebra"]


def test_pocketsphinx_reads_what_is_written(tmp_path: Path) -> None:
    full = model(SEED)
    full.write(tmp_path / "toy.arpa")
    ps.NGramModel.readfile(str(tmp_path / "toy.arpa")).write(str(tmp_path / "toy.lm.bin"))
    again = read_stock(tmp_path / "toy.lm.bin")
    assert again.words == WORDS
    for mine, theirs in zip(full.levels, again.levels, strict=True):
        assert (mine.keys == theirs.keys).all()
        assert theirs.log == pytest.approx(mine.log, abs=2e-3)


def test_another_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"Trie Language Model\x02")
    with pytest.raises(ValueError, match="no trigram model"):
        read_stock(tmp_path / "other")
