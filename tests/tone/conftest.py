"""Speech for the tests of tone."""

import numpy as np
import pytest

from sentivox.audio.files import AudioFile
from sentivox.samples import CALL, script
from sentivox.types import SAMPLE_RATE, Int16Array


@pytest.fixture(scope="module")
def turns() -> list[Int16Array]:
    """What is said in the sample call, with the margins of a stream."""
    sides = np.concatenate(list(AudioFile(CALL)), axis=1)
    return [
        sides[
            turn["channel"],
            round((turn["start"] - 0.3) * SAMPLE_RATE) : round((turn["end"] + 0.2) * SAMPLE_RATE),
        ]
        for turn in script()["turns"]
    ]
