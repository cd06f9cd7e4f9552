"""Training of the embedded text models: corpora, noise, fine-tuning, export, evaluation."""
