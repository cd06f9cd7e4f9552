"""The part of kaldi-native-fbank that Sentivox uses (its own stubs leave arrays untyped)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

class FrameExtractionOptions:
    samp_freq: float
    frame_shift_ms: float
    frame_length_ms: float
    dither: float
    preemph_coeff: float
    remove_dc_offset: bool
    window_type: str
    round_to_power_of_two: bool
    snip_edges: bool

class MelBanksOptions:
    num_bins: int
    low_freq: float
    high_freq: float

class MfccOptions:
    frame_opts: FrameExtractionOptions
    mel_opts: MelBanksOptions
    num_ceps: int
    use_energy: bool
    cepstral_lifter: float
    def __init__(self) -> None: ...

class OnlineMfcc:
    def __init__(self, opts: MfccOptions) -> None: ...
    @property
    def num_frames_ready(self) -> int: ...
    def get_frame(self, frame: int) -> NDArray[np.float32]: ...
    def accept_waveform(self, sampling_rate: float, waveform: Sequence[float]) -> None: ...
    def pop(self, n: int) -> None: ...
