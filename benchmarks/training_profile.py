"""Where the time of training goes: the stages of a run of one pass, and the steps of a batch.

python benchmarks/training_profile.py [--data ../shared/data] [--vectors glove.vec] [--epochs 2]

Stages are in seconds of the clock. Steps are in microseconds of the processor, on one thread; with two threads they are
shared out on two.
"""

from __future__ import annotations

import time

BEGAN = time.perf_counter()

import argparse  # noqa: E402
import os  # noqa: E402
import tempfile  # noqa: E402
from collections import defaultdict  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

import fanlight.apps.cli.main  # noqa: E402, F401
from fanlight.network.lexicon import read_lexicon  # noqa: E402
from fanlight.network.modelfile import save_model  # noqa: E402
from fanlight.training import loop, train  # noqa: E402
from fanlight.training.batches import batches, epoch_order  # noqa: E402
from fanlight.training.checkpoint import Checkpoint  # noqa: E402
from fanlight.training.collate import Collator  # noqa: E402
from fanlight.training.optimisers import Optimiser  # noqa: E402
from fanlight.training.preparation import Run, prepare  # noqa: E402
from fanlight.training.settings import read_settings  # noqa: E402

BATCHES, WARM = 300, 50
spent: dict[str, float] = defaultdict(float)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=2)
    arguments = parser.parse_args()
    spent["importing"] = time.perf_counter() - BEGAN
    files = [arguments.data / "conll2003-en" / f"{part}.txt" for part in ("train", "dev")]
    settings = read_settings(None, {"passes": 1, "epochs": arguments.epochs})
    with threadpool_limits(1, user_api="blas"), tempfile.TemporaryDirectory() as folder:
        compiled = loop.training_program
        loop.training_program = timed("compiling the program", compiled)
        corpora = timed(
            "reading the corpora", lambda: [train.read_labelled(f, settings, None, "utf-8") for f in files]
        )()
        lexicon, _ = timed("reading the vectors, kept", read_lexicon)(arguments.vectors)
        run = timed("numbering words, hashing features", prepare)(*corpora, lexicon, settings)
        for owner, method, name in (
            (Run, "score", "scoring the dev set"),
            (Run, "apply_temperature", "fitting the temperature"),
            (Checkpoint, "write", "writing checkpoints"),
        ):
            setattr(owner, method, timed(name, getattr(owner, method)))
        timed("all of training", lambda: list(loop.train_network(run, Path(folder) / "part")))()
        spent[f"{arguments.epochs} epochs"] = spent.pop("all of training") - sum(
            spent[name] for name in ("compiling the program", "scoring the dev set", "writing checkpoints")
        )
        model = train.build_model(run, corpora, corpora[1], arguments.vectors)
        timed("saving the model", save_model)(model, os.path.join(folder, "m.fanlight"))
        steps(prepare(*corpora, lexicon, settings))
    print("\n| stage | seconds |\n|---|---|")
    for name, seconds in spent.items():
        print(f"| {name} | {seconds:.2f} |")


def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            spent[name] += time.perf_counter() - began

    return run


def steps(run: Run) -> None:
    """Run some batches with a clock after every step."""
    program = loop.training_program(run)
    plan = program.plan
    assert plan is not None
    used: dict[str, float] = defaultdict(float)
    clock = time.thread_time
    lines = ["c = clock()"]
    for node, step_lines in plan.writer.steps:
        name = "views and scalars"
        if node in plan.writer.joint:
            name = "forward-backward of the chain"
        elif node in plan.writer.kernels:
            name = "fused loops: gather and add, activation, dropout, sums"
        elif node.operation.name in ("rows", "bag", "hstack"):
            name = "vectors of the word types: rows and sums of rows"
        elif node.operation.name.startswith("scatter"):
            name = "scatter-add of gradients"
        elif node.operation.name == "matmul":
            shape = tuple(map(str, node.shape))
            name = "other products"
            if shape == ("t", "m"):
                name = "products: the first layer, word type by word type"
            elif shape[0] == "t":
                name = "products: gradient by the word types' vectors"
            elif shape[0] == "m" and run.configuration.width == node.shape[1].constant:
                name = "products: gradient by the first layer"
        lines += [*step_lines, f"d = clock(); used[{name!r}] += d - c; c = d"]
    plan.writer.bind("used", used)
    plan.writer.bind("clock", clock)
    plan.run_steps = plan.writer.build(plan.parameters, lines, plan.results)
    parameters = run.parameters
    optimiser = Optimiser("adam", parameters)
    optimiser.start_averaging()
    feeder, rng = Collator(run), np.random.default_rng(0)
    batch_iterator = batches(run.train, epoch_order(run.parts, rng), run.settings.batch_tokens)

    def measure(name: str, work: Callable[[], Any]) -> Any:
        began = clock()
        done = work()
        used[name] += clock() - began
        return done

    for number, batch in zip(range(WARM + BATCHES), fetched(measure, batch_iterator), strict=False):
        if number == WARM:
            used.clear()
        inputs, needed = measure("laying out the batch, masks", lambda batch=batch: feeder(batch, rng))
        tables = measure(
            "rows of the tables",
            lambda needed=needed: {n: parameters[n].take(r, 0) for n, r in needed.items() if n in parameters},
        )
        before = sum(used.values())
        began = clock()
        outputs = program({**parameters, **inputs, **tables})
        used["binding inputs, planning buffers"] += clock() - began - (sum(used.values()) - before)
        gradients = {
            n: loop.gradient_of_rows(needed[n], outputs[n]) if n in needed else outputs[n] for n in run.learned
        }
        measure("Adam, with the average", lambda gradients=gradients: optimiser.step(gradients, 1e-3))
    total = sum(used.values())
    print("| step of a batch, one thread | µs | share |\n|---|---|---|")
    for name, seconds in sorted(used.items(), key=lambda item: -item[1]):
        print(f"| {name} | {seconds / BATCHES * 1e6:.0f} | {100 * seconds / total:.0f} % |")
    print(f"| all | {total / BATCHES * 1e6:.0f} | |", flush=True)


def fetched(measure: Callable[..., Any], items: Iterator[Any]) -> Iterator[Any]:
    while (item := measure("cutting the batch out", lambda: next(items, None))) is not None:
        yield item


if __name__ == "__main__":
    main()
