"""The Chinese text model: a linear one on character n-grams, fitted from nothing."""
