"""The models: which exist, where their files are, and whether those are intact."""
