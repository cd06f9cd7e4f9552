"""The Python API: recordings and live audio in one process, without a server.

One recording, events as they come:

>>> import sentivox
>>> from sentivox.samples import CALL
>>> for event in sentivox.analyze(CALL, profile="embedded"):
...     if event.type == "SpeechStarted":
...         print(f"{event.start:.1f} s: speech on channel {event.channel + 1}")
...         break
0.7 s: speech on channel 1

Several recordings, with the models loaded once, and the complete result of one:

>>> with sentivox.Analyzer("embedded", modalities=["audio"]) as analyzer:
...     result = analyzer.analyze(CALL).result()
>>> len(result.channels), len(result.utterances)
(2, 10)
>>> sorted(result.utterances[0].audio_sentiment.scores)
['negative', 'neutral', 'positive']

`analyze` also takes a file's bytes, an open file, an array of samples with its sample rate, or an
iterable of pieces of these:

>>> import numpy as np
>>> sentivox.analyze(np.zeros(8000, np.int16), sample_rate=8000, modalities=["audio"]).result().file
'<array>'

Live audio: `Analyzer.stream` takes bytes or samples and returns events. `Analyzer.listen` does the
same for asyncio. What waits for a model has a twin for asyncio with an `a` before its name.
"""
