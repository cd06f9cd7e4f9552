"""Training of the Chinese text model: linear models on character n-grams and a small network."""
