"""What the options that choose models are for, in the words of every command and setting."""

from collections.abc import Mapping
from typing import Final

MODEL_OPTIONS: Final[Mapping[str, str]] = {
    "profile": "Which models: auto takes the best that are here; or embedded, standard, accurate,"
    " multilingual, blueprint.",
    "asr": "Recogniser in place of the profile's, such as pocketsphinx or whisper-base.",
    "text": "Text sentiment model in place of the profile's, such as embedded or"
    " roberta-sentiment.",
    "tone": "Tone model in place of the profile's, such as embedded, or mfcc: less work, and"
    " much less accurate.",
}
"""By the option's name."""
