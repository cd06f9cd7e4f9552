"""What a conversation amounts to, from its utterances alone: mood, turning points, summary."""
