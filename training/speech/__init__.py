"""Train the speech model, which rejects noises that voice activity detection took for speech."""
