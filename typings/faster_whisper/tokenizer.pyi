from tokenizers import Tokenizer as HfTokenizer

_LANGUAGE_CODES: tuple[str, ...]

class Tokenizer:
    def __init__(
        self,
        tokenizer: HfTokenizer,
        multilingual: bool,
        task: str | None = ...,
        language: str | None = ...,
    ) -> None: ...
    def decode(self, tokens: list[int]) -> str: ...
