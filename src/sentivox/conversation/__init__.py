"""Analysis of whole conversations from their utterances: mood, turning points, summary."""
