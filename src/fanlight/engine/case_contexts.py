"""Kernels for case contexts of tokens and for repeated words; the plain form is `network.windows.corpus_contexts`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fanlight.engine.chunks import Tables
from fanlight.engine.layout import sentence_case
from fanlight.engine.token_flags import AS_FORM
from fanlight.jit import ZERO, inner

SEVERAL = 32  # bit of a case context: the kind (see `chunks.Tables`) occurs more than once in its document
CONTEXT = 63  # bits of a case context of `network.windows`
REPEATED = 64  # a further bit: the form occurs more than once in its document
LARGEST = (1 << 31) - 1  # highest stamp of a document


class DocumentMemory(NamedTuple):
    """Facts about the forms and kinds of the current document, stamped with the document's number.

    An entry is valid if its stamp is the current document's. So nothing is cleared between documents, and the cost of a
    document does not depend on the size of the cache.

    Attributes
    ----------
    cases : int32 array (forms or kinds, 4)
        Stamps of the last document with the kind in lower case, capitalised inside an ordinary sentence, and in any
        case; its count there.
    counts : int32 array (forms, 2), or (0, 2) for words
        Stamp of the last document with the form, and its count there.
    slots : int32 array (forms, 2)
        Stamp of the last document that repeats the form, and the row of its sums.
    documents : int64 array (1,)
        The last stamp used.
    """

    cases: Any
    counts: Any
    slots: Any
    documents: Any

    @classmethod
    def of(cls, tables: Tables | None) -> DocumentMemory:
        """Return the memory for twice the forms and kinds of tables."""
        forms, kinds = (2 * tables.form_count, 2 * tables.kind_count) if tables is not None else (0, 0)
        counts, slots = np.zeros((forms if kinds else 0, 2), np.int32), np.zeros((forms, 2), np.int32)
        return cls(np.zeros((max(forms, kinds), 4), np.int32), counts, slots, np.zeros(1, np.int64))

    def holds(self, tables: Tables) -> bool:
        """Tell whether the capacity suffices for all forms and kinds of tables."""
        return bool(len(self.slots) >= tables.form_count and len(self.cases) >= tables.kind_count)


@inner()
def number_documents(memory: Any, count: int) -> Any:
    """Reserve the stamps of `count` documents; return the first."""
    if memory.documents[0] + count > LARGEST:
        memory.cases[:], memory.counts[:], memory.slots[:], memory.documents[0] = 0, 0, 0, 0
    memory.documents[0] += count
    return memory.documents[0] - count + 1


@inner()
def contexts_of(types: Any, sentence_offsets: Any, tables: Any, memory: Any, stamp: int, out: Any) -> None:
    """Fill the case contexts of a document's tokens; `memory` is `DocumentMemory.cases`."""
    kinds = tables.kinds if len(tables.kinds) else tables.forms
    flags, sentences = tables.flags, len(sentence_offsets) - 1
    for s in range(sentences):
        begin, end = sentence_offsets[s], sentence_offsets[s + 1]
        case = sentence_case(types, begin, end, flags)
        if begin < end:
            out[begin] = case  # until the second loop
        for t in range(begin, end):
            kind = kinds[types[t]]
            if memory[kind, 2] != stamp:
                memory[kind, 2] = stamp
                memory[kind, 3] = 0
            memory[kind, 3] += 1
            if flags[types[t]] & AS_FORM:
                if case != 6:
                    memory[kind, 0] = stamp
            elif t > begin and case == 0:
                memory[kind, 1] = stamp
    for s in range(sentences):
        begin, end = sentence_offsets[s], sentence_offsets[s + 1]
        case = out[begin] if begin < end else 0
        for t in range(begin, end):
            kind = kinds[types[t]]
            value = (t == begin) + case + 8 * (memory[kind, 0] == stamp) + 16 * (memory[kind, 1] == stamp)
            out[t] = value + (SEVERAL | REPEATED) * (memory[kind, 3] > 1)


@inner()
def note_repetitions(types: Any, forms: Any, memory: Any, stamp: int, out: Any) -> None:
    """Recompute each token's `REPEATED` where forms and kinds differ; `memory` is `DocumentMemory.counts`."""
    for t in range(len(types)):
        form = forms[types[t]]
        if memory[form, 0] != stamp:
            memory[form, 0] = stamp
            memory[form, 1] = 0
        memory[form, 1] += 1
    for t in range(len(types)):
        out[t] = out[t] & CONTEXT | REPEATED * (memory[forms[types[t]], 1] > 1)


@inner()
def count_repeated(contexts: Any) -> Any:
    """Return the number of tokens with the bit `REPEATED`."""
    count = ZERO
    for case_context in contexts:
        count += (case_context & REPEATED) > 0
    return count
