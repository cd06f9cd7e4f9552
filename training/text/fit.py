"""Fine-tuning: AdamW over noisy copies of the training mix, in bfloat16."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from training.text.batches import Batch, epoch
from training.text.corpora import Row
from training.text.noise import Noise


@dataclass(frozen=True, slots=True)
class Plan:
    """Hyperparameters of the training.

    Attributes:
        epochs: Passes over the mix.
        minutes: Wall time after which training ends at the latest; the learning rate decays to
            meet it. Set this on a slow machine.
        batch: Rows in a batch.
        rate: Peak learning rate of the body.
        head_rate: Peak learning rate of the head.
        warmup: Share of the run in which the learning rate rises.
        seed: Of the draw, the order, the noise, the dropout and the head.
        report_steps: Steps between two log lines and checkpoints.
    """

    epochs: int = 2
    minutes: float = 60.0
    batch: int = 64
    rate: float = 1e-4
    head_rate: float = 1e-3
    warmup: float = 0.06
    seed: int = 0
    report_steps: int = 250


@dataclass(frozen=True, slots=True)
class Trained:
    """The length of a run: number of steps, and seconds."""

    steps: int
    seconds: float


def fit(
    model: nn.Module,
    rows: Sequence[Row],
    tokenizer: Tokenizer,
    *,
    plan: Plan,
    checkpoint: Path,
    report: Callable[[str], None],
) -> Trained:
    """Train the model in place; the weights of the last step are kept, none are selected.

    Args:
        model: Maps token ids and mask to logits.
        rows: The training mix.
        tokenizer: Truncating tokenizer.
        plan: Hyperparameters.
        checkpoint: File for the weights, written every ``plan.report_steps`` steps and at the end.
        report: Called with one line at each of these steps.
    """
    optimiser = torch.optim.AdamW(_groups(model, plan), weight_decay=0.01, fused=True)
    peaks = [group["lr"] for group in optimiser.param_groups]
    total = plan.epochs * -(-len(rows) // plan.batch)
    started, mean = time.monotonic(), 0.0
    step = 0
    model.train()
    for step, batch in enumerate(_batches(rows, tokenizer, plan), 1):
        spent = time.monotonic() - started
        done = max(step / total, spent / (60 * plan.minutes))
        if done > 1:
            break
        for group, peak in zip(optimiser.param_groups, peaks, strict=True):
            group["lr"] = peak * _schedule(done, plan.warmup)
        mean += (_step(model, optimiser, batch) - mean) * max(0.01, 1 / step)
        if step % plan.report_steps == 0:
            torch.save(model.state_dict(), checkpoint)
            report(f"step {step}/{total} done {done:.1%} loss {mean:.4f} {spent:.0f} s")
            model.train()
    torch.save(model.state_dict(), checkpoint)
    return Trained(step, time.monotonic() - started)


def _batches(rows: Sequence[Row], tokenizer: Tokenizer, plan: Plan) -> Iterator[Batch]:
    noise = Noise.of(row.text for row in rows)
    for n in range(plan.epochs):
        yield from epoch(rows, tokenizer, plan.batch, plan.seed + n, noise)


def _step(model: nn.Module, optimiser: torch.optim.Optimizer, batch: Batch) -> float:
    with torch.autocast("cpu", torch.bfloat16):
        logits: Tensor = model(batch.ids, batch.mask)
    loss = F.cross_entropy(logits.float(), batch.targets)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return loss.item()


def _groups(model: nn.Module, plan: Plan) -> list[dict[str, object]]:
    parts = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    head = [p for name, p in parts if name.startswith("head.")]
    body = [p for name, p in parts if not name.startswith("head.")]
    return [{"params": body, "lr": plan.rate}, {"params": head, "lr": plan.head_rate}]


def _schedule(done: float, warmup: float) -> float:
    """Return the factor of the learning rate: linear up, then linear down; ``done`` in 0…1."""
    return done / warmup if done < warmup else max(0.0, (1 - done) / (1 - warmup))
