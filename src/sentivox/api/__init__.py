"""The implementation of the Python API; `import sentivox` exports its public names."""
