"""Fine-tuning: AdamW over noisy copies of the mix, multiplied in bfloat16."""

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
    """How to train.

    Attributes:
        epochs: Passes over the mix.
        minutes: Wall time after which training ends, its learning rate having gone down as if
            planned so; the figure to set on a slow machine.
        batch: Rows a step.
        rate: Peak learning rate of the body.
        head_rate: Peak learning rate of the head.
        warmup: Share of the run in which the rate goes up.
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
    """What a run did: steps taken and seconds spent."""

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
    """Train the model in place; the weights of the last step stand, none is picked.

    Args:
        model: Token ids and mask to logits.
        rows: The mix.
        tokenizer: Truncating tokenizer.
        plan: See Plan.
        checkpoint: File that gets the state every ``plan.report_steps`` steps.
        report: Gets one line at each of these, e.g. to log it and look at dev sets.
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
    head = [p for name, p in model.named_parameters() if name.startswith("head.")]
    body = [p for name, p in model.named_parameters() if not name.startswith("head.")]
    return [{"params": body, "lr": plan.rate}, {"params": head, "lr": plan.head_rate}]


def _schedule(done: float, warmup: float) -> float:
    """Linear up, linear down to zero; ``done`` in 0…1."""
    return done / warmup if done < warmup else max(0.0, (1 - done) / (1 - warmup))
