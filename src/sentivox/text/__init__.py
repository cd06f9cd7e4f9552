"""Text sentiment models behind one interface."""
