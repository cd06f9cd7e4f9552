"""Speech detection: voice activity, and the endpoints of utterances."""
