"""How good the models are on labelled data: readers, figures, and one module a task."""
