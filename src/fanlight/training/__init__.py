"""Training of networks on labelled sentences."""
