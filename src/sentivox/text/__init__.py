"""What the words feel like: text sentiment models behind one protocol."""
