"""The Chinese text model: linear ones on character n-grams and a small network, from nothing."""
