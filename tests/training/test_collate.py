"""The kernels that lay out batches against the plain functions of the network."""

import numpy as np
import pytest

from fanlight.calculus import compile
from fanlight.corpus.readers import read_corpus
from fanlight.network.architecture import emissions, mask
from fanlight.network.inputs import table_inputs, window_inputs
from fanlight.network.lexicon import Lexicon
from fanlight.text.sentences import tokenise_sentences
from fanlight.training import batch_kernels as kernels
from fanlight.training.batches import batches
from fanlight.training.collate import Collator
from fanlight.training.preparation import prepare
from fanlight.training.settings import read_settings

from .test_training import SMALL, TOWNS

REACHING = {
    "form": {"buckets": 64, "dimension": 4, "features": ["lower"], "reach": 1},
    "shape": {"buckets": 64, "dimension": 3, "features": ["shape", "case"], "reach": 0},
}


@pytest.fixture(scope="module", params=[None, REACHING], ids=["whole", "reach"])
def run(request):
    rng = np.random.default_rng(0)
    lexicon = Lexicon.of(["in", "Paris", "lives", "."], rng.standard_normal((4, 6), np.float32))
    plain = {**SMALL, "passes": 1, "dropout": 0.0, "input_dropout": 0.0, "features": request.param}
    return prepare(read_corpus(TOWNS, tokenise_sentences), None, lexicon, read_settings(None, plain))


def test_the_inputs_give_the_emissions_that_the_plain_inputs_give(run):
    configuration = run.configuration
    program = compile({"Z": emissions(configuration, dropout=True)}, np.float64, "numpy")
    collator = Collator(run)
    for batch in batches(run.train, np.arange(len(run.train))[::-1], 40):
        types, ids = np.unique(np.append(batch.types, run.padding), return_inverse=True)
        needed, plain = table_inputs(run.types, configuration, types)
        plain |= window_inputs(configuration, ids[:-1], batch.contexts, batch.sentence_offsets, int(ids[-1]))
        plain |= {
            mask(configuration, k): np.ones((len(types), len(configuration.columns_at(k))))
            for k in range(configuration.positions)
        }
        plain["M"] = np.ones((len(batch.types), configuration.hidden))
        fed, rows = collator(batch, np.random.default_rng(1))
        assert rows["vectors"][0] == -1
        outputs = []
        for inputs, table_rows in ((plain, needed), (fed, rows)):
            assert {name: sorted(table_rows[name].tolist()) for name in table_rows} == {
                n: sorted(needed[n].tolist()) for n in needed
            }
            tables = {
                name: run.parameters[name][rows] if name in run.parameters else run.lexicon.vectors(rows)
                for name, rows in table_rows.items()
            }
            outputs.append(program({**run.parameters, **inputs, **tables})["Z"])
        np.testing.assert_allclose(*outputs, rtol=1e-12, atol=1e-12)


def test_batches_come_in_order_and_every_token_once(run):
    order = np.random.default_rng(0).permutation(len(run.train))
    collator, settings = Collator(run), run.settings
    fed = list(collator.epoch(order, np.random.default_rng(1)))
    assert [count for count, _, _ in fed] == [len(b.types) for b in batches(run.train, order, settings.batch_tokens)]
    assert sum(count for count, _, _ in fed) == len(run.train.types)
    again = list(collator.epoch(order, np.random.default_rng(1)))
    for (_, inputs, _), (_, other_inputs, _) in zip(fed, again, strict=True):
        assert all(np.array_equal(inputs[name], other_inputs[name]) for name in inputs)


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (2000, 64)], ids=str)
def test_masks_leave_out_the_share_asked_for(shape):
    key = np.uint64(0xFEDCBA9876543210)
    for dropout in (0.1, 0.5):
        values = kernels.mask(key, dropout, *shape)
        assert values.shape == shape
        assert set(np.unique(values).tolist()) <= {0.0, float(np.float32(1 / (1 - dropout)))}
        assert np.array_equal(values, kernels.mask(key, dropout, *shape))
        if values.size > 100_000:
            quarters = values.reshape(4, -1) > 0
            assert abs((values == 0).mean() - dropout) < 0.01
            assert abs(np.corrcoef(quarters)[np.triu_indices(4, 1)]).max() < 0.02
            assert abs(np.corrcoef(values.ravel()[1:], values.ravel()[:-1])[0, 1]) < 0.02
            assert (values != kernels.mask(key + np.uint64(1), dropout, *shape)).mean() > dropout / 2
