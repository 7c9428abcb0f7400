"""Teachers: what labels texts in the place of people, for a model to learn from."""
