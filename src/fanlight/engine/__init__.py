"""Tagging at the speed of memory: one interface, two implementations, files in the order in which data flows."""
