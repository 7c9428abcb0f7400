"""The window network: equation, losses, parameters, decoding and model file."""
