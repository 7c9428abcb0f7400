"""What the bundled models are trained on: corpora, silver labels, generated sentences; and their cards."""
