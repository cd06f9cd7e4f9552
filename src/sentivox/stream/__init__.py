"""The pure core: audio and results in, events and jobs out; no threads, no I/O."""
