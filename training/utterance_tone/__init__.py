"""Trains the model of the tone of whole utterances: the first layers of Whisper's encoder."""
