"""Loaded models, shared by every stream, and the workers that run them."""
