"""The updates of `training.optimisers`, whole arrays at a time, with all iterates kept for their mean."""

import numpy as np


def run(kind, start, gradients, rates, averaged_from):
    """Return the last iterate and the mean of those after `averaged_from` steps."""
    theta = start.astype(np.float64)
    a, s, iterates = np.zeros_like(theta), np.zeros_like(theta), []
    for t, (g, rate) in enumerate(zip(gradients, rates, strict=True), 1):
        if kind == "sgd":
            a = 0.9 * a + g
            theta = theta - rate * a
        elif kind == "adagrad":
            s = s + g**2
            theta = theta - rate * g / (np.sqrt(s) + 1e-8)
        else:
            a, s = 0.9 * a + 0.1 * g, 0.999 * s + 0.001 * g**2
            theta = theta - rate * (a / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
        if t > averaged_from:
            iterates.append(theta)
    return theta, np.mean(iterates, axis=0)
