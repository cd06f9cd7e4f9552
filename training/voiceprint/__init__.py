"""Conversion of the bundled voiceprint model from the file that its authors published."""
