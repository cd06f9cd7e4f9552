"""How the embedded weights were made. Not part of the wheel."""
