"""Co-occurrence graphs of the entities in an indexed corpus.

Mentions are the same entity if type and name are equal up to case and white space. A single word also stands for the
only longer name of its type in the same text that ends with it ("Smith" after "Ann Smith").
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

from fanlight.api.pictures import SUFFIXES, drawn
from fanlight.errors import DataError
from fanlight.files import ending_of, replacing
from fanlight.libraries import library

Entity = tuple[str, str]  # name, type


@dataclass(frozen=True)
class Graph:
    """A co-occurrence graph.

    Attributes
    ----------
    nodes : dict of (name, type) to int
        Number of texts per entity, in descending order; names have their most frequent spelling.
    edges : dict of pairs of nodes to int
    """

    nodes: dict[Entity, int]
    edges: dict[tuple[Entity, Entity], int]


def graph_of(texts: Iterable[Sequence[Entity]], minimum: int = 1, most: int = 1000) -> Graph:
    """Build a graph of the `most` frequent mentions (name, type), with pairs in at least `minimum` texts.

    Examples
    --------
    >>> graph = graph_of([[("Ann Lee", "PER"), ("Oslo", "LOC"), ("Lee", "PER")], [("OSLO", "LOC"), ("Oslo", "LOC")]])
    >>> graph.nodes
    {('Oslo', 'LOC'): 2, ('Ann Lee', 'PER'): 1}
    >>> graph.edges
    {(('Oslo', 'LOC'), ('Ann Lee', 'PER')): 1}
    """
    spellings: dict[Entity, Counter[str]] = {}
    counts: Counter[Entity] = Counter()
    pairs: Counter[tuple[Entity, Entity]] = Counter()
    for mentions in texts:
        keys = _merge([(" ".join(name.split()).casefold(), type_) for name, type_ in mentions])
        for key, (name, _) in zip(keys, mentions, strict=True):
            if key[0] == " ".join(name.split()).casefold():
                spellings.setdefault(key, Counter())[" ".join(name.split())] += 1
        distinct = sorted(set(keys))
        counts.update(distinct)
        pairs.update(combinations(distinct, 2))
    frequent = sorted(counts, key=lambda key: (-counts[key], key))[:most]
    shown = {key: (spellings[key].most_common(1)[0][0], key[1]) for key in frequent}
    place = {key: i for i, key in enumerate(frequent)}
    edges = {}
    for (a, b), n in pairs.most_common():
        if n >= minimum and a in place and b in place:
            left, right = sorted((a, b), key=place.__getitem__)
            edges[shown[left], shown[right]] = n
    return Graph({shown[key]: counts[key] for key in frequent}, edges)


def write_graph(graph: Graph, path: Path) -> None:
    """Write GraphML (.graphml), JSON-LD (.jsonld), or a picture (.svg, .png, .pdf; needs the extra "graph").

    Raises
    ------
    DataError
        The name has another ending, or the file cannot be written.
    """
    suffix = ending_of(path)
    if suffix in SUFFIXES:
        _picture(graph, path)
        return
    if suffix not in (".graphml", ".jsonld"):
        raise DataError(f"{path}: choose a name that ends with .graphml, .jsonld, {', '.join(SUFFIXES)}")
    with replacing(path) as part:
        data = _graphml(graph) if suffix == ".graphml" else json.dumps(_json_ld(graph), ensure_ascii=False).encode()
        part.write_bytes(data)


def _merge(keys: list[Entity]) -> list[Entity]:
    longer: dict[Entity, set[Entity]] = {}
    for name, type_ in keys:
        words = name.split()
        if len(words) > 1:
            longer.setdefault((words[-1], type_), set()).add((name, type_))
    return [next(iter(longer[key])) if len(longer.get(key, ())) == 1 else key for key in keys]


def _graphml(graph: Graph) -> bytes:
    root = ElementTree.Element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    for name, kind, of in (("name", "string", "node"), ("type", "string", "node"), ("texts", "int", "all")):
        ElementTree.SubElement(root, "key", {"id": name, "for": of, "attr.name": name, "attr.type": kind})
    body = ElementTree.SubElement(root, "graph", edgedefault="undirected")
    numbers = {entity: f"n{i}" for i, entity in enumerate(graph.nodes)}
    for entity, count in graph.nodes.items():
        node = ElementTree.SubElement(body, "node", id=numbers[entity])
        for key, value in zip(("name", "type", "texts"), (*entity, str(count)), strict=True):
            # XML 1.0 cannot represent most control characters, not even escaped
            ElementTree.SubElement(node, "data", key=key).text = "".join(c if c >= " " else " " for c in value)
    for (a, b), count in graph.edges.items():
        edge = ElementTree.SubElement(body, "edge", source=numbers[a], target=numbers[b])
        ElementTree.SubElement(edge, "data", key="texts").text = str(count)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode").encode()


def _json_ld(graph: Graph) -> dict[str, object]:
    numbers = {entity: f"_:n{i}" for i, entity in enumerate(graph.nodes)}
    near: dict[Entity, list[dict[str, object]]] = {}
    for (a, b), count in graph.edges.items():
        near.setdefault(a, []).append({"@id": numbers[b], "texts": count})
    context = {
        "@vocab": "https://schema.org/",
        "texts": {"@id": "urn:fanlight:texts"},
        "mentionedWith": {"@id": "urn:fanlight:mentionedWith"},
        "entityType": {"@id": "urn:fanlight:entityType"},
    }
    nodes = [
        {
            "@id": numbers[entity], "@type": _KINDS.get(entity[1], "Thing"), "name": entity[0], "entityType": entity[1],
            "texts": count, "mentionedWith": near.get(entity, []),
        }
        for entity, count in graph.nodes.items()
    ]  # fmt: skip
    return {"@context": context, "@graph": nodes}


_KINDS = {
    "PER": "Person", "PS": "Person", "LOC": "Place", "LC": "Place", "ORG": "Organization", "OG": "Organization",
}  # fmt: skip


def _picture(graph: Graph, path: Path) -> None:
    networkx = library("networkx")
    network = networkx.Graph()
    network.add_nodes_from(graph.nodes)
    network.add_weighted_edges_from((a, b, n) for (a, b), n in graph.edges.items())
    places = networkx.spring_layout(network, seed=1)
    widths = [3 * n / max(graph.edges.values()) for n in graph.edges.values()]
    with drawn(path, 11, 8) as axes:
        networkx.draw_networkx_edges(network, places, list(graph.edges), ax=axes, alpha=0.3, width=widths)
        for number, type_ in enumerate(sorted({type_ for _, type_ in graph.nodes})):
            entities = [entity for entity in graph.nodes if entity[1] == type_]
            sizes = [20 + 200 * graph.nodes[entity] / max(graph.nodes.values()) for entity in entities]
            networkx.draw_networkx_nodes(
                network, places, entities, ax=axes, node_size=sizes, node_color=f"C{number}", label=type_
            )
        names = {entity: entity[0] for entity in graph.nodes}
        networkx.draw_networkx_labels(network, places, names, font_size=7, ax=axes)
        axes.legend()
        axes.axis("off")
