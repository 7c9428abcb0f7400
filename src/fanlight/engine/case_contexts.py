"""Case contexts of tokens and which words a document repeats, compiled.

`network.windows.corpus_contexts` is the plain form.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fanlight.engine.chunks import Tables
from fanlight.engine.layout import sentence_case
from fanlight.engine.token_flags import AS_FORM
from fanlight.jit import ZERO, inner

SEVERAL = 32  # the bit of a context: the word (of characters: the character) occurs more than once in its document
CONTEXT = 63  # bits of a context that `network.windows` knows
REPEATED = 64  # one bit more: the form (of characters: the character in its word) occurs more than once
LARGEST = (1 << 31) - 1  # number of a document


class DocumentMemory(NamedTuple):
    """What documents have of each form or kind, marked by numbers of documents that are never used twice.

    So nothing is cleared between documents, and one text costs the same however many forms are cached.

    Attributes
    ----------
    cases : int32 array (forms or kinds, 4)
        The last document with it in lower case, the last in upper case, the last of all, and how often it is there.
    counts : int32 array (forms, 2)
        The last document, and how often there, where forms are other than kinds.
    slots : int32 array (forms, 2)
        The last document that repeats it, and where its sums are.
    documents : int64 array (1,)
        How many numbers were used.
    """

    cases: Any
    counts: Any
    slots: Any
    documents: Any

    @classmethod
    def of(cls, tables: Tables | None) -> DocumentMemory:
        """Return the memory for the forms and kinds of tables, and for as many again."""
        forms, kinds = (2 * tables.form_count, 2 * tables.kind_count) if tables is not None else (0, 0)
        counts, slots = np.zeros((forms if kinds else 0, 2), np.int32), np.zeros((forms, 2), np.int32)
        return cls(np.zeros((max(forms, kinds), 4), np.int32), counts, slots, np.zeros(1, np.int64))

    def holds(self, tables: Tables) -> bool:
        """Tell whether there is capacity for all forms and kinds of tables."""
        return bool(len(self.slots) >= tables.form_count and len(self.cases) >= tables.kind_count)


@inner()
def number_documents(memory: Any, count: int) -> Any:
    """Use the numbers of `count` documents; return the first."""
    if memory.documents[0] + count > LARGEST:
        memory.cases[:], memory.counts[:], memory.slots[:], memory.documents[0] = 0, 0, 0, 0
    memory.documents[0] += count
    return memory.documents[0] - count + 1


@inner()
def contexts_of(types: Any, sentence_offsets: Any, tables: Any, memory: Any, stamp: int, out: Any) -> None:
    """Fill each token's context; `memory` is `DocumentMemory.cases`, `stamp` the document's number."""
    kinds = tables.kinds if len(tables.kinds) else tables.forms
    flags, sentences = tables.flags, len(sentence_offsets) - 1
    for s in range(sentences):
        begin, end = sentence_offsets[s], sentence_offsets[s + 1]
        case = sentence_case(types, begin, end, flags)
        if begin < end:
            out[begin] = case  # until all sentences are read
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
    """Replace each token's `REPEATED`, where forms are other than kinds; `memory` is `DocumentMemory.counts`."""
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
    """Return how many tokens have a form that occurs more than once in their documents."""
    count = ZERO
    for case_context in contexts:
        count += (case_context & REPEATED) > 0
    return count
