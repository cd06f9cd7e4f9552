"""What the text model may be trained on, and what it must never see."""

import gzip
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.text.normalise import normalise_text
from training.text.corpora import Recipe, Row, recipe, rows
from training.text.mix import HELD_OUT, HeldOut, build, draw
from training.text.noise import Noise

WORDS = st.text("abcdefgh'", min_size=1, max_size=6).map(normalise_text).filter(bool)
SENTENCES = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


def write(folder: Path, file: str, *lines: tuple[str, str, str]) -> None:
    table = ["split\ttext\tlabel\torig_label", *("\t".join((*line, "")) for line in lines)]
    with gzip.open(folder / f"{file}.tsv.gz", "wt", encoding="utf-8") as out:
        out.write("\n".join(table) + "\n")


def test_rows_are_normalised_and_of_one_split(tmp_path: Path) -> None:
    write(
        tmp_path, "meld",
        ("train", 'I said "No!"', "negative"),
        ("train", "...", "neutral"),
        ("train", "What?", "ambiguous"),
        ("train", "Hm.", "mixed"),
        ("test", "Fine.", "positive"),
    )  # fmt: skip
    assert rows(tmp_path, "meld", "train", 0.9) == [
        Row("i said no !", 0, 0.9),
        Row("what ?", 1, 0.6),
    ]
    assert rows(tmp_path, "meld", "train") == [Row("i said no !", 0, 1.0), Row("", 1, 1.0)]
    assert rows(tmp_path, "meld", "test") == [Row("fine .", 2, 1.0)]
    assert rows(tmp_path, "meld", "test", spell=normalise_text) == [Row("fine", 2, 1.0)]


def test_names_what_it_cannot_find(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--data"):
        rows(tmp_path, "meld", "train")
    with pytest.raises(SystemExit, match="known: "):
        recipe("nonesuch")


def test_no_held_out_text_gets_into_the_mix(tmp_path: Path) -> None:
    write(tmp_path, "meld", ("test", "We were on a break, you know that.", "negative"))
    write(
        tmp_path, "emorynlp",
        ("train", "we were on a break you know that", "negative"),
        ("train", "Ross said: we were on a break, you know! That is so.", "negative"),
        ("train", "We were on a train, you know that.", "negative"),
    )  # fmt: skip
    mix, dropped = build(tmp_path, [recipe("emorynlp")], seed=0)
    assert [row.text for row in mix] == ["we were on a train , you know that ."]
    assert dropped == {"emorynlp": 2}


def test_stock_replies_are_nobodys_secret() -> None:
    hidden = HeldOut.of(["oh my god", "i want to go"])
    assert not hidden.has("oh my god")
    assert hidden.has("i want to go")
    assert not hidden.has("i want to go home")


@given(st.lists(SENTENCES, min_size=1, max_size=5), SENTENCES, SENTENCES)
def test_long_held_out_texts_are_found_inside_others(
    texts: list[str], before: str, after: str
) -> None:
    hidden = HeldOut.of(texts)
    for text in texts:
        if len(text.split()) >= 7:
            assert hidden.has(f"{before} {text} {after}")


def test_reported_and_calibration_splits_are_held_out() -> None:
    pytest.importorskip("torch")
    from training.text.__main__ import CALIBRATION
    from training.text.evaluate import BENCHMARKS

    reported = {(b.file, b.split) for b in BENCHMARKS}
    assert reported <= set(HELD_OUT)
    assert set(CALIBRATION) <= set(HELD_OUT) - reported


def test_draw_keeps_to_the_recipe() -> None:
    source = [Row(f"word {n}", n % 3, 0.9) for n in range(60)] + [Row("word", 0, 0.9)] * 40
    wanted = Recipe("x", (5, 10, 100), 0.9, "", copies=2, min_words=2)
    drawn = draw(source, wanted, seed=1)
    assert [sum(row.label == label for row in drawn) for label in range(3)] == [10, 20, 40]
    assert all(row.text != "word" for row in drawn)
    assert drawn == draw(source, wanted, seed=1)
    assert drawn != draw(source, wanted, seed=2)


@given(SENTENCES, st.integers(0, 1000))
def test_noise_never_loses_everything_and_repeats_itself(text: str, seed: int) -> None:
    noise = Noise.of([text, "some other words"])
    noisy = noise(text, random.Random(seed))
    assert noisy.split()
    assert noisy == noise(text, random.Random(seed))


def test_noise_changes_about_as_much_as_it_should() -> None:
    words = [f"{a}{b}{c}" for a in "abcd" for b in "efgh" for c in "ijkl"]
    text = " ".join(words)
    noise, rng = Noise.of([text]), random.Random(0)
    kept = [len(set(words) & set(noise(text, rng).split())) / len(words) for _ in range(1000)]
    # Half are clean, the rest lose 0-20 % less the 15 % of errors that only insert.
    assert 0.94 < sum(kept) / len(kept) < 0.985
    assert min(kept) < 0.85


def test_half_of_the_copies_lose_their_sentence_marks_and_nothing_else_takes_them() -> None:
    text = "no , i said no !"
    noise, rng = Noise.of([text]), random.Random(0)
    marks = [[word for word in noise(text, rng).split() if word in ",!"] for _ in range(400)]
    assert all(kept in ([], [",", "!"]) for kept in marks)
    assert 160 < marks.count([]) < 240
