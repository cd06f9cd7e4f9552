"""What is said: speech recognisers behind one protocol."""
