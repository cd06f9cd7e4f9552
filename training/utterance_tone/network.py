"""The network: sound in, log-mel, the first layers of Whisper's encoder, two heads."""

import math
from pathlib import Path

import torch
from faster_whisper.feature_extractor import FeatureExtractor
from torch import Tensor, nn
from torch.nn import functional

from training.utterance_tone.checkpoint import read_weights
from training.utterance_tone.heads import Heads

FFT = 400
"""Samples of a frame of the spectrogram (25 ms); frames are 160 samples (10 ms) apart."""

HOP = 160
STEP = 8 * HOP
"""Samples of a step that the heads see: four of the encoder's, 80 ms."""

LEVEL = 1.5
"""What the loudest point of a spectrogram is set to, as in Whisper's own for loud speech."""


class LogMel(nn.Module):
    """Samples → Whisper's log-mel spectrogram, brought to one level.

    Whisper's own moves with the gain; here the loudest point of each sound is LEVEL, and what is
    80 dB below it is the floor. The Fourier transform is a convolution, so that the whole model,
    from samples to scores, is one graph that training and serving share.
    """

    def __init__(self) -> None:
        super().__init__()
        n = torch.arange(FFT, dtype=torch.float64)
        window = torch.hann_window(FFT, periodic=True, dtype=torch.float64)
        angle = 2 * math.pi / FFT * n[None] * torch.arange(FFT // 2 + 1)[:, None]
        basis = torch.cat([torch.cos(angle), torch.sin(angle)]) * window
        mel = torch.from_numpy(FeatureExtractor().mel_filters)
        self.register_buffer("basis", basis[:, None].float(), persistent=False)
        self.register_buffer("mel", mel.float()[..., None], persistent=False)

    def forward(self, sound: Tensor) -> Tensor:
        """(batch, samples) of -1…1 → (batch, 80, samples / HOP)."""
        padded = functional.pad(sound[:, None], (FFT // 2, FFT // 2), mode="reflect")
        parts = functional.conv1d(padded, self.basis, stride=HOP)[..., :-1]
        real, imaginary = parts.chunk(2, dim=1)
        power = functional.conv1d(real * real + imaginary * imaginary, self.mel)
        logs = power.clamp_min(1e-10).log10()
        loudest = logs.amax(dim=(1, 2), keepdim=True)
        return torch.maximum(logs, loudest - 8.0).sub(loudest) / 4 + LEVEL


class Layer(nn.Module):
    """One layer of the encoder: attention, then a wide layer, each behind a norm."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, steps, width) → the same shape."""
        batch, steps, width = x.shape
        split = self.qkv(self.norm1(x)).view(batch, steps, 3, self.heads, width // self.heads)
        q, k, v = split.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(q, k, v)
        x = x + self.out(seen.transpose(1, 2).reshape(batch, steps, width))
        return x + self.narrow(functional.gelu(self.wide(self.norm2(x))))


class Encoder(nn.Module):
    """Log-mel → what the first layers make of it, normalised step by step."""

    def __init__(self, width: int, heads: int, layers: int, positions: int = 1500) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(80, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.register_buffer("positions", torch.zeros(positions, width))
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.width = width

    @classmethod
    def of(cls, folder: Path, layers: int) -> "Encoder":
        """The first `layers` layers of the Whisper in a folder."""
        weights = read_weights(folder)
        given = {n.removeprefix("encoder/"): torch.from_numpy(w) for n, w in weights.items()}
        positions = given["position_encodings/encodings"]
        encoder = cls(positions.shape[1], int(given["num_heads"]), layers, len(positions))
        names = {"positions": "position_encodings/encodings"}
        names |= {f"conv{i}.{part}": f"conv{i}/{part}" for i in (1, 2) for part in PARTS}
        for i in range(layers):
            for ours, theirs in LINEAR.items():
                names |= {f"layers.{i}.{ours}.{p}": f"layer_{i}/{theirs}/{p}" for p in PARTS}
            for ours, theirs in NORMS.items():
                names |= {
                    f"layers.{i}.{ours}.{p}": f"layer_{i}/{theirs}/layer_norm/{q}"
                    for p, q in (("weight", "gamma"), ("bias", "beta"))
                }
        encoder.load_state_dict({ours: given[theirs] for ours, theirs in names.items()})
        return encoder

    def forward(self, mel: Tensor) -> Tensor:
        """(batch, 80, frames) → (batch, frames / 2, width): a step is 20 ms."""
        x = functional.gelu(self.conv1(mel))
        x = functional.gelu(self.conv2(x)).transpose(1, 2)
        x = x + self.positions[: x.shape[1]]
        for layer in self.layers:
            x = layer(x)
        return functional.layer_norm(x, (self.width,))


PARTS = ("weight", "bias")
LINEAR = {
    "qkv": "self_attention/linear_0", "out": "self_attention/linear_1",
    "wide": "ffn/linear_0", "narrow": "ffn/linear_1",
}  # fmt: skip
NORMS = {"norm1": "self_attention", "norm2": "ffn"}


class EncoderTone(nn.Module):
    """Samples → log-probabilities of sentiments, then of emotions: all that ships, in one graph."""

    def __init__(self, encoder: Encoder, heads: Heads) -> None:
        super().__init__()
        self.mel = LogMel()
        self.encoder = encoder
        self.heads = heads

    def forward(self, sound: Tensor, length: Tensor) -> Tensor:
        """Sounds padded as `padding` says, and how long each is, give (batch, OUTPUTS).

        Args:
            sound: (batch, samples), -1…1.
            length: (batch,), samples without the silence after them.
        """
        return self.heads(*self.steps(sound, length))

    def steps(self, sound: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """What the heads see: means over 80 ms (batch, n, width), and which of them are sound."""
        return self.steps_of(self.mel(sound), length)

    def steps_of(self, spectrogram: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """What `steps` returns, of log-mel spectrograms (batch, 80, frames)."""
        steps = four_at_once(self.encoder(spectrogram))
        at = torch.arange(steps.shape[1])
        return steps, (at < (length[:, None] // STEP).clamp_min(1)).float()


def four_at_once(steps: Tensor) -> Tensor:
    """Means of four steps: (batch, n, width) → (batch, n / 4, width), what is over left out."""
    count = steps.shape[1] // 4
    return steps[:, : 4 * count].unflatten(1, (count, 4)).mean(dim=2)
