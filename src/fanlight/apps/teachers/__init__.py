"""Teachers, which label texts for the training of a model."""
