"""Compiling expressions: programs, plans, fused kernels, buffers and threads."""
