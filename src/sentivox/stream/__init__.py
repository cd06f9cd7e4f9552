"""The sans-IO core: takes audio and job results, returns events and jobs; no threads, no I/O."""
