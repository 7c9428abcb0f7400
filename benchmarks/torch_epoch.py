"""An epoch of the window network with a linear chain, by fanlight's loop or by PyTorch; run by `training.py`.

python benchmarks/torch_epoch.py TRAIN VECTORS fanlight|torch

Both get the same arrays: the encoded corpus, the first parameters and the batches. The second epoch of two is timed.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from fanlight.corpus.readers import read_corpus
from fanlight.network.lexicon import Lexicon
from fanlight.network.losses import transition_counts
from fanlight.network.windows import CONTEXT_PADDING, windows
from fanlight.text.sentences import tokenise_sentences
from fanlight.text.vectors import read_vectors
from fanlight.training.batches import Encoded, batches, epoch_order
from fanlight.training.cores import one_thread_blas
from fanlight.training.loop import train_network
from fanlight.training.preparation import Run, prepare
from fanlight.training.settings import read_settings


def main() -> None:
    train, vectors, which = sys.argv[1:]
    word_vectors = read_vectors(vectors)
    settings = read_settings(None, {"passes": 1, "epochs": 2, "lower_share": 0.0, "upper_share": 0.0})
    run = prepare(
        read_corpus(train, tokenise_sentences), None, Lexicon.of(word_vectors.words, word_vectors.matrix), settings
    )
    seconds, loss = (by_fanlight if which == "fanlight" else by_torch)(run)
    print(f"| {which} | {seconds:.2f} | {loss:.4f} |", flush=True)


def by_fanlight(run: Run) -> tuple[float, float]:
    last = list(one_thread_blas(train_network)(run))[-1]
    return len(run.train.types) / last.words_per_second, last.loss


def by_torch(run: Run) -> tuple[float, float]:
    import torch
    from torch import nn

    torch.set_num_threads(2)
    configuration, settings = run.configuration, run.settings

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            embeddings = run.lexicon.vectors(np.append(np.arange(len(run.lexicon)), -1))
            self.vectors = nn.Embedding.from_pretrained(torch.from_numpy(embeddings), freeze=True)
            p = {name: torch.from_numpy(a.copy()) for name, a in run.parameters.items()}
            self.bags = nn.ModuleList(
                nn.EmbeddingBag.from_pretrained(p[g.name], freeze=False, mode="sum", sparse=True)
                for g in configuration.groups
            )
            self.contexts = nn.Embedding.from_pretrained(p["contexts"], freeze=False)
            W = torch.cat([torch.cat([p[f"W_{k}"], p[f"G_{k}"]], 1) for k in range(configuration.positions)], 1)
            self.W, self.b = nn.Parameter(W), nn.Parameter(p["b"][:, 0])
            self.U, self.c = nn.Parameter(p["U"]), nn.Parameter(p["c"][:, 0])
            self.A = nn.Parameter(p["A"])

        def forward(self, rows, bags, around, contexts):
            parts = [self.vectors(rows)] + [bag(ids, at) for bag, (ids, at) in zip(self.bags, bags, strict=True)]
            V = nn.functional.dropout(torch.cat(parts, 1), settings.input_dropout)
            x = torch.cat([V[around], self.contexts(contexts)], 2).flatten(1)
            h = nn.functional.dropout(torch.relu(x @ self.W.T + self.b), settings.dropout)
            return h @ self.U.T + self.c

    from fanlight.network.chain import legal_transitions

    legal = torch.from_numpy(legal_transitions(configuration.types))
    net = Net()
    tables = [bag.weight for bag in net.bags]
    dense = [p for p in net.parameters() if p.requires_grad and all(p is not t for t in tables)]
    optimisers = [torch.optim.SparseAdam(tables, lr=settings.rate), torch.optim.Adam(dense, lr=settings.rate)]

    def loss_of(batch: Encoded) -> torch.Tensor:
        types, ids = np.unique(np.append(batch.types, run.padding), return_inverse=True)
        chosen = run.types.choose(types)
        around = windows(ids[:-1], batch.sentence_offsets, configuration.radius, int(ids[-1])).T
        around_contexts = windows(batch.contexts, batch.sentence_offsets, configuration.radius, CONTEXT_PADDING).T
        rows = torch.from_numpy(np.where(chosen.words < 0, len(run.lexicon), chosen.words))
        bags = [(torch.from_numpy(b.ids), torch.from_numpy(b.offsets[:-1])) for b in chosen.bags]
        Z = net(rows, bags, torch.from_numpy(around.copy()), torch.from_numpy(around_contexts.copy()))
        K, A = configuration.tags, net.A + legal
        lengths = np.diff(batch.sentence_offsets)
        padded = nn.utils.rnn.pad_sequence(torch.split(Z, lengths.tolist()))  # (T, S, K)
        alive = torch.from_numpy(np.arange(len(padded))[:, None] < lengths)
        alpha = A[K, :K] + padded[0]
        for t in range(1, len(padded)):
            ahead = torch.logsumexp(alpha[:, :, None] + A[:K, :K], 1) + padded[t]
            alpha = torch.where(alive[t][:, None], ahead, alpha)
        total = torch.logsumexp(alpha + A[:K, K], 1).sum()
        counts = torch.from_numpy(transition_counts(batch.tags, batch.sentence_offsets, K))
        gold = Z[torch.arange(len(Z)), torch.from_numpy(batch.tags)].sum() + (counts * net.A).sum()
        return (total - gold) / len(Z)

    for epoch in range(2):
        rng = np.random.default_rng([settings.seed, epoch])
        began, summed = time.perf_counter(), 0.0
        for batch in batches(run.train, epoch_order(run.parts, rng), settings.batch_tokens):
            for optimiser in optimisers:
                optimiser.zero_grad()
            loss = loss_of(batch)
            loss.backward()
            for optimiser in optimisers:
                optimiser.step()
            summed += float(loss.detach()) * len(batch.types)
        seconds = time.perf_counter() - began
    return seconds, summed / len(run.train.types)


if __name__ == "__main__":
    main()
