"""Tone of voice: acoustic features, and the models that score them."""
