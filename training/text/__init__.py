"""How the embedded text model was made: corpora, noise, fine-tuning, export, evaluation."""
