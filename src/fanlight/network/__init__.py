"""The window network as an equation, its numbers and its file."""
