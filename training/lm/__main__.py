"""Make the language model of the embedded recogniser.

Counts the dialogue sets, mixes the model with PocketSphinx's own, prunes the mixture and writes
it in PocketSphinx's binary form; prints the perplexity of each step on sentences held out.

Example:
    python -m training.lm --data ../shared/data/text --out runs/lm-en
"""

import argparse
from pathlib import Path

import numpy as np
import pocketsphinx as ps

from training.lm.backoff import NEVER, Backoff, Keys, Level, mixed
from training.lm.kneser_ney import count, estimate, perplexity
from training.lm.sentences import HELD_OUT, SETS, indexed, new_words, pronounced, sentences
from training.lm.stock import read_stock

Counts = tuple[Keys, Keys]


def main() -> None:
    """Make it, and print the figures."""
    args = _arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    stock = read_stock(Path(ps.get_model_path("en-us/en-us.lm.bin")))
    said = list(sentences(args.data, args.sets.split(","), "train"))
    spoken = pronounced(Path(ps.get_model_path("en-us/cmudict-en-us.dict")))
    stock = widened(stock, new_words(said, stock.words, spoken))
    held_out = {
        name: _counts(list(sentences(args.data, [name], "test")), stock.words) for name in HELD_OUT
    }
    _report("stock", stock, held_out)
    dialogue = estimate(stock.words, *_counts(said, stock.words), stock.words.index("<s>"))
    _report("dialogue", dialogue, held_out)
    both = mixed(dialogue, stock, args.share)
    _report("mixed", both, held_out)
    small = both.pruned(args.threshold)
    _report("pruned", small, held_out)
    text, binary = args.out / "model.arpa", args.out / "model.lm.bin"
    small.write(text)
    ps.NGramModel.readfile(str(text)).write(str(binary))
    print(f"{binary}: {binary.stat().st_size / 1e6:.2f} MB")


def widened(model: Backoff, words: list[str]) -> Backoff:
    """The model with more words in its vocabulary, none of which it expects."""
    unigrams = model.levels[0]
    more = Level(
        np.arange(len(model.words) + len(words)),
        np.concatenate([unigrams.log, np.full(len(words), NEVER)]),
        np.concatenate([unigrams.bow, np.zeros(len(words))]),
    )
    return Backoff([*model.words, *words], (more, *model.levels[1:]))


def _counts(said: list[list[str]], words: list[str]) -> Counts:
    return count(indexed(said, words), words.index("<s>"), words.index("</s>"))


def _report(name: str, model: Backoff, held_out: dict[str, Counts]) -> None:
    figures = "  ".join(f"{k} {perplexity(model, *v):.0f}" for k, v in held_out.items())
    sizes = " ".join(str(len(level.keys)) for level in model.levels)
    print(f"{name:10} n-grams {sizes:24} perplexity: {figures}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/text"))
    parser.add_argument("--out", type=Path, default=Path("runs/lm-en"))
    parser.add_argument("--sets", default=",".join(SETS), help="by name, with commas")
    parser.add_argument("--share", type=float, default=0.4, help="of dialogue in the mixture")
    parser.add_argument("--threshold", type=float, default=6e-8, help="the larger, the smaller")
    return parser.parse_args()


if __name__ == "__main__":
    main()
