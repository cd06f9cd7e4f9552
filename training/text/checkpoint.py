"""Export a sentiment checkpoint to ONNX for serving, quantise it, and measure the difference.

Takes any sequence classifier of two or three sentiments that transformers can load (DistilBERT,
BERT, RoBERTa…), from a folder or by its name on a hub. Writes config.json, tokenizer.json,
onnx/model.onnx and onnx/model_quantized.onnx, which `TransformerTextModel` reads, and report.json:
accuracy of the original, of the export and of its int8 form. A two-class model's neutral band is
fitted on the way.

Example:
    python -m training.text.checkpoint DIR --out runs/distilbert --data ../shared/data/text
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from sentivox.errors import ModelError
from sentivox.evaluation.metrics import without_neutral
from sentivox.text.checkpoint import CONFIG, TOKENIZER, open_tokenizer, read_checkpoint_card
from sentivox.text.transformer import TransformerTextModel
from sentivox.types import SENTIMENTS, TextScores
from training.text.band import measure, write_band
from training.text.corpora import Row, rows
from training.text.evaluate import BENCHMARKS, log_probs, truth
from training.text.export import quantise, write_graph
from training.text.metrics import score
from training.text.quantise import Int8Embedding

SETS: Final = tuple(f"{b.file}:{b.split}" for b in BENCHMARKS)
FULL: Final = "onnx/model.onnx"
INT8: Final = "onnx/model_quantized.onnx"


class Logits(nn.Module):
    """Wraps a transformers model for the exporter: tensors in, one tensor out."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Map ids and mask, both (batch, tokens), to logits (batch, classes)."""
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


class Original:
    """The checkpoint under PyTorch, as a text classifier with the same tokenizer as its export."""

    languages = frozenset({"und"})

    def __init__(self, model: nn.Module, folder: Path) -> None:
        self.name = "original"
        self._model, self._card = model, read_checkpoint_card(folder)
        self._tokenizer = open_tokenizer(folder, self._card.max_tokens)

    def classify(self, texts: Sequence[str]) -> list[TextScores]:
        """Score each text by itself."""
        with torch.inference_mode():
            return [TextScores(self._card.read(self._logits(text))) for text in texts]

    def _logits(self, text: str) -> NDArray[np.float32]:
        ids = torch.tensor([self._tokenizer.encode(text).ids])
        return self._model(ids, torch.ones_like(ids))[0].numpy()


def convert(source: str, out: Path) -> nn.Module:
    """Write everything but the report; return the original model, for comparison.

    Args:
        source: Folder of the checkpoint, or its name on the hub.
        out: Folder to write to.

    Raises:
        ModelError: Its labels are not sentiments.
    """
    (out / FULL).parent.mkdir(parents=True, exist_ok=True)
    # The exporter does not support fused attention.
    whole = AutoModelForSequenceClassification.from_pretrained(
        source, attn_implementation="eager", dtype=torch.float32
    )
    whole.config.to_json_file(out / CONFIG, use_diff=False)
    read_checkpoint_card(out)  # raises ModelError before any work is done
    tokenizer = AutoTokenizer.from_pretrained(source).backend_tokenizer
    tokenizer.no_padding()
    tokenizer.no_truncation()
    (out / TOKENIZER).write_text(tokenizer.to_str(), encoding="utf-8")
    model = Logits(whole).eval()  # the exporter restores the mode of the whole
    example = torch.tensor([tokenizer.encode("a short text").ids])
    write_graph(model, example, out / FULL)
    words = whole.get_input_embeddings()
    whole.set_input_embeddings(Int8Embedding(words.weight))
    plain = out / "onnx" / "tables.onnx"
    write_graph(model, example, plain)
    quantise(plain, out / INT8)
    plain.unlink()
    whole.set_input_embeddings(words)
    return model


def compare(model: nn.Module, out: Path, sets: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Score the original, the export and its int8 form on each set.

    Returns:
        Set -> figures of each form, and in "int8_agrees" the share of equal labels.
    """
    forms = {
        "original": Original(model, out),
        "onnx": TransformerTextModel(out, languages=["und"], weights=FULL),
        "int8": TransformerTextModel(out, languages=["und"], weights=INT8),
    }
    figures: dict[str, Any] = {}
    for title, sentences in sets.items():
        labels = truth(sentences)
        probs = {name: np.exp(log_probs(form, sentences)) for name, form in forms.items()}
        if SENTIMENTS.index("neutral") not in labels:
            probs = {name: without_neutral(found) for name, found in probs.items()}
        same = probs["original"].argmax(1) == probs["int8"].argmax(1)
        figures[title] = {name: score(found, labels).as_dict() for name, found in probs.items()}
        figures[title]["int8_agrees"] = round(float(same.mean()), 4)
    return figures


def megabytes(out: Path) -> dict[str, float]:
    """Return the sizes of both ONNX files in megabytes."""
    return {path: round((out / path).stat().st_size / 1e6, 1) for path in (FULL, INT8)}


def main() -> None:
    """Convert the checkpoint, measure it, and write the report."""
    args = _arguments()
    torch.set_num_threads(args.threads)
    try:
        model = convert(args.checkpoint, args.out)
    except (ModelError, OSError) as error:  # transformers raises OSError if it is no checkpoint
        sys.exit(" ".join(str(error).split()))
    report: dict[str, Any] = {"checkpoint": args.checkpoint, "megabytes": megabytes(args.out)}
    if args.data:
        if read_checkpoint_card(args.out).classes == 2 and not args.keep_band:
            lead = TransformerTextModel(args.out, languages=["und"]).lead
            report["neutral_band"] = measure(lead, args.data)
            write_band(args.out, report["neutral_band"]["band"])
        sets = {name: _sentences(args.data, name, args.limit) for name in args.set or SETS}
        report["sets"] = compare(model, args.out, sets)
    text = json.dumps(report, indent=2)
    (args.out / "report.json").write_text(text + "\n", encoding="utf-8")
    print(text)


def _sentences(data: Path, name: str, limit: int | None) -> list[Row]:
    """Read FILE:SPLIT without normalising: case and punctuation matter to these models."""
    file, _, split = name.partition(":")
    return [row for row in rows(data, file, split, spell=str.strip) if row.text][:limit]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.text.checkpoint", description=__doc__)
    parser.add_argument("checkpoint", help="folder of a checkpoint, or its name on the hub")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="folder of the text sets; without, no figures")
    parser.add_argument("--set", action="append", metavar="FILE:SPLIT", help="repeatable")
    parser.add_argument("--limit", type=int, help="the first N sentences of each set only")
    parser.add_argument("--keep-band", action="store_true", help="fit no neutral band")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
