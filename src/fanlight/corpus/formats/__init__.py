"""Formats of labelled text; each reads and writes `Record` objects."""
