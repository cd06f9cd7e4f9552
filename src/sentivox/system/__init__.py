"""The machine underneath: cores, files, locks, and switches for libraries."""
