"""Labelled sentences in, a network out."""
