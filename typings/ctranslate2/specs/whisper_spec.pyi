from typing import Any

class WhisperSpec:
    def __init__(
        self,
        num_encoder_layers: int,
        num_encoder_heads: int,
        num_decoder_layers: int,
        num_decoder_heads: int,
    ) -> None: ...
    def __getattr__(self, name: str) -> Any: ...  # noqa: ANN401
