"""What the stages of tone report while somebody speaks."""

from sentivox.protocol.events import AudioSentiment
from sentivox.protocol.labels import JUDGED_S
from sentivox.stream.degradation import Degradation
from sentivox.stream.scoring import by_name, sentiment_of
from sentivox.stream.stage import ChannelContext
from sentivox.tone.baseline import against
from sentivox.types import EMOTIONS, SAMPLE_RATE, FloatArray, ToneScores


def utterance_model_speaks(channel: ChannelContext, heard: int) -> bool:
    """Whether the utterance tone model reports live tone now, and not that of windows.

    Args:
        channel: State shared by the channel's stages.
        heard: Samples of the utterance so far.
    """
    room = channel.level < Degradation.NO_SPECULATION
    wanted = channel.config.live_voice and channel.utterance_tone
    return wanted and room and heard >= JUDGED_S * SAMPLE_RATE


def live_tone(
    channel: ChannelContext,
    utterance_id: int,
    part: tuple[float, float],
    scores: ToneScores,
    shift: FloatArray,
) -> AudioSentiment:
    """The event for the tone of a part of an utterance.

    Args:
        channel: State shared by the channel's stages.
        utterance_id: Number of the utterance in the channel.
        part: Its start and end, in seconds on the audio clock.
        scores: What the model made of it.
        shift: Shape (3,), the baseline's correction.
    """
    config = channel.config
    sentiment = sentiment_of(against(scores.sentiment, shift), config.min_confidence)
    start, end = part
    short = round(end - start, 3) < min(JUDGED_S, config.tone_window_s)
    return AudioSentiment(
        t=end,
        channel=channel.number,
        utterance_id=utterance_id,
        start=start,
        end=end,
        label="unclear" if short else sentiment.label,
        score=sentiment.score,
        scores=sentiment.scores,
        emotions=by_name(scores.emotions, EMOTIONS),
    )
