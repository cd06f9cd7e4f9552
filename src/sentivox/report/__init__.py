"""Recordings as pages: one self-contained HTML file each, and an index over several."""
