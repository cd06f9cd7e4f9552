"""Derivation of the default fusion calibration, and a comparison of the fusion rules."""
