"""Labelled text: readers, writers, annotation and alignment."""
