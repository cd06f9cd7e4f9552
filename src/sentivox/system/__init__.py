"""The machine underneath: cores, files, locks, and switches of libraries."""
