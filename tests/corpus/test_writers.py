"""What is written as columns is read back as the same sentences."""

from hypothesis import given
from hypothesis import strategies as st

from fanlight.corpus.formats.columns import write_columns
from fanlight.corpus.readers import read_corpus
from fanlight.text.sentences import tokenise_sentences

TEXT = "It rains in Paris. Ada Byron stays in New Haven, though."


@given(
    st.sets(st.sampled_from([(12, 17, "LOC"), (19, 28, "PER"), (38, 47, "LOC")])),
    st.sampled_from(["IOB1", "IOB2", "BIOES", "BILOU"]),
)
def test_round_trips(tmp_path_factory, spans, scheme):
    import json

    folder = tmp_path_factory.mktemp("t")
    source = folder / "a.jsonl"
    source.write_text(json.dumps({"text": TEXT, "spans": sorted(spans)}))
    corpus = read_corpus(source, tokenise_sentences)
    (folder / "b.txt").write_text("\n".join(write_columns(corpus.sentences, scheme)))
    again = read_corpus(folder / "b.txt", tokenise_sentences, scheme=scheme)
    assert [(s.tokens, s.spans) for s in again.sentences] == [(s.tokens, s.spans) for s in corpus.sentences]
