"""The learned parameters: names, shapes and initial values.

========  =================  ==========================================================================
name      shape              meaning
========  =================  ==========================================================================
<group>   (buckets, width)   embedding table of a group of hashed features
contexts  (65, g)            embedding of a token's case context
W_k       (m, d_k)           first layer, window position k = 0 … 2c: the k-th block of the lecture's W
                             (d_k is d, but for tables with a radius: `Configuration.columns_at`)
G_k       (m, g)             weights of the case-context embedding, window position k
E_k       (m, e)             weights of token features (`Configuration.evidence_width`), window position k
b         (m, 1)             first layer's bias
U         (K, m)             output layer: row of tag k is the lecture's u for that tag
c         (K, 1)             output layer's bias
A         (K+1, K+1)         transitions of the linear chain
========  =================  ==========================================================================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fanlight.network.configuration import Configuration
from fanlight.network.windows import CONTEXTS


def parameter_shapes(configuration: Configuration) -> dict[str, tuple[int, int]]:
    """Return the shape of every parameter, in a fixed order."""
    hidden, tags = configuration.hidden, configuration.tags
    shapes = {group.name: (group.buckets, group.dimension) for group in configuration.groups}
    if configuration.context_width:
        shapes["contexts"] = (CONTEXTS + 1, configuration.context_width)
    for k in range(configuration.positions):
        shapes[f"W_{k}"] = (hidden, len(configuration.columns_at(k)))
        if configuration.context_width:
            shapes[f"G_{k}"] = (hidden, configuration.context_width)
        if configuration.evidence_width:
            shapes[f"E_{k}"] = (hidden, configuration.evidence_width)
    shapes |= {"b": (hidden, 1), "U": (tags, hidden), "c": (tags, 1)}
    if configuration.head == "chain":
        shapes["A"] = (tags + 1, tags + 1)
    return shapes


def first_parameters(configuration: Configuration, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """Return random initial values: weights with variance 1/inputs, small embeddings, zero biases and transitions."""
    spread = {"contexts": 0.3}
    spread |= {group.name: 0.1 for group in configuration.groups}
    parameters = {}
    for name, shape in parameter_shapes(configuration).items():
        if name in ("b", "c", "A"):
            parameters[name] = np.zeros(shape, np.float32)
            continue
        inputs = shape[1] if name == "U" else shape[1] * configuration.positions
        scale = spread.get(name, inputs**-0.5)
        parameters[name] = (rng.standard_normal(shape, np.float32) * np.float32(scale)).astype(np.float32)
    return parameters
