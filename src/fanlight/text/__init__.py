"""Tokens, sentences, features and vectors of plain text."""
