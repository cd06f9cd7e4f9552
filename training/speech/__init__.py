"""Trains the model that tells speech from what voice activity detection took for it."""
