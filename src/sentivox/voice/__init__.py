"""Speaker recognition: voiceprints of enrolled people and of the speakers in a session."""
