"""Loads the models of an `Analyzer`."""

import logging
from dataclasses import asdict
from pathlib import Path

from sentivox.engine.engine import Engine
from sentivox.engine.parts import Progress
from sentivox.models.selection import ModelChoice
from sentivox.stream.config import StreamConfig

logger = logging.getLogger("sentivox")


def load_engine(
    choice: ModelChoice,
    config: StreamConfig,
    voices: Path | None,
    progress: Progress | None,
) -> Engine:
    """Load the models, and warn if the calibration was fitted to others.

    Raises:
        ModelError: A model is missing or damaged.
        ProtocolError: The models do not support the settings.
    """
    engine = Engine.load(
        **asdict(choice),
        language=config.language,
        words="text" in config.modalities,
        speakers=config.speakers,
        voices=voices,
        progress=progress,
    )
    try:
        engine.offered(config)
    except BaseException:
        engine.close()
        raise
    if mismatch := config.calibration.mismatch(engine.names()):
        logger.warning(mismatch)
    return engine
