"""Models with the real architecture but random weights, for use where the real ones are missing.

They understand nothing and take as long as the real ones, so they serve for timings and tests only.
Any figure measured with one must say so.
"""
