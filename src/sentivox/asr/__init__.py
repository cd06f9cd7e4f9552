"""Speech recognition: several engines behind one protocol."""
