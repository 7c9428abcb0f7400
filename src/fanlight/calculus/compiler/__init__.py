"""The compiler of expressions: programs, plans, fused kernels, buffers and threads."""
