"""A widget for notebooks to correct entities (the extra "widget", based on anywidget)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from fanlight.entities.entity import Document
from fanlight.entities.html import HUES, MARKS
from fanlight.files import replacing

Row = dict[str, Any]


class CorrectionWidget(anywidget.AnyWidget):
    """Shows documents one after another: select words to add an entity of the chosen type, click one to remove it.

    Parameters
    ----------
    documents : iterable of Document
        Documents of a tagger.
    types : sequence of str, optional
        Types in addition to those of the entities.

    Attributes
    ----------
    rows : list of dict
        ``text`` and ``spans`` of each document, as corrected.

    Examples
    --------
    >>> import fanlight
    >>> tagger = fanlight.load("en")
    >>> widget = CorrectionWidget(tagger.pipe(["Museums in Paris are amazing to see."]), tagger.types)
    >>> widget.rows[0]["spans"]
    [{'start': 11, 'end': 16, 'label': 'LOC'}]
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = MARKS
    rows: traitlets.List[Any] = traitlets.List().tag(sync=True)
    types = traitlets.List(traitlets.Unicode()).tag(sync=True)
    hues = traitlets.Dict().tag(sync=True)
    number = traitlets.Int(0).tag(sync=True)

    def __init__(self, documents: Iterable[Document], types: Sequence[str] = ()) -> None:
        rows: list[Row] = [
            {"text": d.text, "spans": [{"start": e.start, "end": e.end, "label": e.type} for e in d.entities]}
            for d in documents
        ]
        names = dict.fromkeys([*types, *(span["label"] for row in rows for span in row["spans"])])
        super().__init__(types=list(names), hues={name: HUES.get(name, 90) for name in names}, rows=rows)

    @traitlets.validate("rows")
    def _check_rows(self, proposal: Mapping[str, Any]) -> list[Row]:
        """Validate rows, since pages are not trusted."""
        for row in proposal["value"]:
            spans = sorted((span["start"], span["end"], span["label"]) for span in row["spans"])
            inside = all(0 <= start < end <= len(row["text"]) for start, end, _ in spans)
            if not inside or any(after[0] < before[1] for before, after in pairwise(spans)):
                raise traitlets.TraitError(f"spans of {row['text'][:40]!r} lie outside it, or overlap")
        rows: list[Row] = proposal["value"]
        return rows

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the corrected documents as JSON lines, for `fanlight update` and `train`.

        Raises
        ------
        DataError
            The file cannot be written.
        """
        with replacing(path) as part, open(part, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in self.rows)
