"""The Python API; its names are those of `import sentivox`."""
