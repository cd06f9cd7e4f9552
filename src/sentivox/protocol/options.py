"""What may be asked of an analysis."""

from typing import Final, Literal

ChineseScript = Literal["simplified", "traditional", "original"]
"""How Chinese is to be written; "original" is as it comes from the recogniser."""

CHINESE_SCRIPTS: Final[tuple[ChineseScript, ...]] = ("simplified", "traditional", "original")
