"""Formats of other tools: each reads and writes `Record` objects, a text with its entities at exact offsets."""
