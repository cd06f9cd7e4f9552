"""Calibrated late fusion of the sentiment opinions on an utterance."""
