"""Where speech is: voice activity and the endpoints of utterances."""
