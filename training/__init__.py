"""The training of the embedded weights. Not part of the wheel."""
