"""Labelled text in files."""
