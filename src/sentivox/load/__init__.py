"""Load tests for `sentivox load`: many paced streams to a server, and their outcome."""
