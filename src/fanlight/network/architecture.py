"""The network as an expression of our own calculus.

For one window, in the lecture's columns (L5-L7), with x_k the vector of the word at window position k::

    x = [x_0; …; x_2c]      z = U @ f(W @ x + b) + c = U @ f(W_0 @ x_0 + … + W_2c @ x_2c + b) + c

W_k @ x_k depends only on the word, and the words of a batch repeat. So V has one row per distinct word, each product is
computed once per word, and tokens gather them: ``rows(V @ W_k.T, i_k)``. `emissions` derives this form with the
calculus: it vectorises `equation` over tokens, substitutes rows of V for x_k, and moves the gather behind the product.
`loss` adds the loss of a head. This module contains no derivatives.

A feature table may have a radius. Beyond it, x_k has only the columns of the other tables (`Configuration.columns_at`)
and is a row of a narrower V.
"""

from __future__ import annotations

from fanlight.calculus import Expression, function, hoist, substitute, symbol, vectorise
from fanlight.network.configuration import Configuration
from fanlight.network.losses import loss_of

hstack, rows, bag = map(function, ("hstack", "rows", "bag"))


def equation(configuration: Configuration) -> Expression:
    """Return the scores z (K, 1) of one window, in the lecture's notation.

    Symbols: W_k (m, d_k), x_k (d_k, 1), with a context also G_k (m, g), g_k (g, 1); b (m, 1), U (K, m), c (K, 1).
    """
    h = _hidden(configuration)
    return symbol("U", ("K", "m")) @ h + symbol("c", ("K", 1))


def emissions(configuration: Configuration, dropout: bool = False) -> Expression:
    """Return the emissions Z (N, K) of all tokens of a batch.

    Symbols besides the parameters: ``vectors_rows`` (t,) and ``<group>_ids``, ``<group>_offsets`` of t word types;
    ``i_k``, ``j_k`` (N,), the word type and case context at window position k. With `dropout`, hidden units are scaled
    by M (N, m), and components of word types by D (t, d); `mask` names the columns of D used at position k.
    """
    h = _hidden(configuration)
    if dropout:
        h = symbol("M", ("m", 1)) * h
    z = symbol("U", ("K", "m")) @ h + symbol("c", ("K", 1))
    per_token, replacements = {}, {}
    for k in range(configuration.positions):
        V = vectors(configuration, k)
        if dropout:
            V = V * symbol(mask(configuration, k), ("t", str(V.shape[1])))
        per_token[f"x_{k}"], replacements[f"x_{k}"] = "N", rows(V, symbol(f"i_{k}", ("N",)))
    if configuration.context_width:
        contexts = symbol("contexts", ("v", "g"))
        per_token |= {f"g_{k}": "N" for k in range(configuration.positions)}
        replacements |= {f"g_{k}": rows(contexts, symbol(f"j_{k}", ("N",))) for k in range(configuration.positions)}
    if configuration.evidence_width:
        features = symbol("evidence", ("w", configuration.evidence_width))
        per_token |= {f"e_{k}": "N" for k in range(configuration.positions)}
        replacements |= {f"e_{k}": rows(features, symbol(f"l_{k}", ("N",))) for k in range(configuration.positions)}
    if dropout:
        per_token["M"] = "N"
    return hoist(substitute(vectorise(z, per_token), replacements))


def vectors(configuration: Configuration, k: int) -> Expression:
    """Return V (t, d_k), the x_k of each word type: its word vector and the sums of its hashed features' rows."""
    parts = []
    seen = configuration.seen_at(k)
    if configuration.vector_width:
        table = symbol("vectors", ("v_vectors", configuration.vector_width))
        parts.append(rows(table, symbol("vectors_rows", ("t",))))
    for group in configuration.groups:
        if group.name not in seen:
            continue
        table = symbol(group.name, (f"v_{group.name}", group.dimension))
        ids = symbol(f"{group.name}_ids", (f"n_{group.name}",))
        parts.append(bag(table, ids, symbol(f"{group.name}_offsets", ("t + 1",))))
    return parts[0] if len(parts) == 1 else hstack(*parts)


def mask(configuration: Configuration, k: int) -> str:
    """Return the name of the symbol for the columns of D that are used at window position k."""
    width = len(configuration.columns_at(k))
    return "D" if width == configuration.width else f"D_{width}"


def loss(configuration: Configuration, partial: bool = False) -> Expression:
    """Return the loss of a batch (a scalar), with dropout; see `losses` for its symbols and `partial` annotation."""
    return loss_of(emissions(configuration, dropout=True), configuration, partial)


def _hidden(configuration: Configuration) -> Expression:
    """Return h = f(Wx + b) (m, 1)."""
    summands = []
    for k in range(configuration.positions):
        d = len(configuration.columns_at(k))
        summands.append(symbol(f"W_{k}", ("m", d)) @ symbol(f"x_{k}", (d, 1)))
        if configuration.context_width:
            summands.append(symbol(f"G_{k}", ("m", "g")) @ symbol(f"g_{k}", ("g", 1)))
        if configuration.evidence_width:
            e = configuration.evidence_width
            summands.append(symbol(f"E_{k}", ("m", e)) @ symbol(f"e_{k}", (e, 1)))
    z = summands[0]
    for summand in summands[1:]:
        z = z + summand
    return function(configuration.activation)(z + symbol("b", ("m", 1)))
