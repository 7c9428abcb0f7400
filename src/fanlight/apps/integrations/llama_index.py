"""A LlamaIndex extractor (the extra "llama-index"): entities in each node's metadata."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.extractors import BaseExtractor
from llama_index.core.schema import BaseNode

from fanlight.apps.integrations.metadata import read_entities
from fanlight.tagging.bundled import load_tagger
from fanlight.tagging.tagger import Tagger


class FanlightExtractor(BaseExtractor):
    """Adds ``metadata["entities"]``: a list of start, end, type, text and probability.

    Offsets refer to the node's own text. Entities are excluded from prompts and embeddings: they are for filters and
    for code.

    Attributes
    ----------
    model : str
        As for `fanlight.load`.
    threshold : float
        Less probable entities are omitted.

    Examples
    --------
    >>> from llama_index.core.schema import TextNode
    >>> (node,) = FanlightExtractor()([TextNode(text="Museums in Paris are amazing to see.")])
    >>> [(e["text"], e["type"]) for e in node.metadata["entities"]]
    [('Paris', 'LOC')]
    """

    model: str = "en"
    threshold: float = 0.0
    _tagger: Tagger = PrivateAttr()

    def model_post_init(self, context: object) -> None:
        """Load the model."""
        super().model_post_init(context)
        self._tagger = load_tagger(self.model)

    @classmethod
    def class_name(cls) -> str:
        """Return the name for serialisation."""
        return "FanlightExtractor"

    async def aextract(self, nodes: Sequence[BaseNode]) -> list[dict[str, Any]]:
        """Return the additional metadata of each node, tagged as one batch."""
        texts = [node.get_content() for node in nodes]
        for node in nodes:
            for keys in (node.excluded_embed_metadata_keys, node.excluded_llm_metadata_keys):
                if "entities" not in keys:
                    keys.append("entities")
        return [{"entities": rows} for rows in read_entities(self._tagger, texts, self.threshold)]
