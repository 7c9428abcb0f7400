"""Data-parallel training: workers, what they learn averaged."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

import fanlight
from fanlight.errors import FanlightError, SettingsError
from fanlight.training import data_parallel, loop
from fanlight.training.data_parallel import Worker, average_states, local_workers
from fanlight.training.optimisers import Optimiser
from fanlight.training.settings import read_settings
from fanlight.training.train import train_model
from tests.towns import SMALL, TOWNS, TWO_STAGES, in_documents, train_small

FEW = {"batch_tokens": 50, "epochs": 4}


@contextmanager
def here(count):
    """Workers in this process."""

    class Here:
        def __init__(self):
            self.count = count

        def begin(self, task):
            self.workers = [Worker(task, (number, count)) for number in range(count)]

        def epoch(self, number, state):
            return [worker.epoch(number, state) for worker in self.workers]

    yield Here()


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    path = tmp_path_factory.mktemp("documents") / "documents.conll"
    path.write_text(in_documents(4), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "settings",
    [{}, TWO_STAGES, {"optimiser": "sgd", "rate": 0.1}, {"random_vectors": 4, "train_vectors": True}],
    ids=str,
)
def test_one_worker_gives_the_bits_of_ordinary_training(documents, settings, tmp_path, monkeypatch):
    train_small(tmp_path / "plain", data=documents, **FEW, **settings)
    monkeypatch.setattr(data_parallel, "nullcontext", lambda: data_parallel.open_team(here, 1))
    done = []
    epoch = Worker.epoch
    monkeypatch.setattr(Worker, "epoch", lambda self, number, state: done.append(number) or epoch(self, number, state))
    train_small(tmp_path / "team", data=documents, **FEW, **settings)
    assert done == ([0, 1, 2, 3, 0, 1, 0, 1] if "folds" in settings else []) + [0, 1, 2, 3]
    assert (tmp_path / "team").read_bytes() == (tmp_path / "plain").read_bytes()


@pytest.mark.parametrize("settings", [{}, {**TWO_STAGES, "head": "softmax"}], ids=str)
def test_processes_give_the_bits_of_workers_in_turn(documents, settings, tmp_path):
    for name, engine in (("turn", here), ("processes", local_workers)):
        train_small(tmp_path / name, data=documents, workers=3, options={"engine": engine}, **FEW, **settings)
    assert (tmp_path / "processes").read_bytes() == (tmp_path / "turn").read_bytes()
    train_small(tmp_path / "two", data=documents, workers=2, options={"engine": here}, **FEW, **settings)
    assert (tmp_path / "two").read_bytes() != (tmp_path / "turn").read_bytes()


def test_workers_learn(documents, tmp_path):
    train_small(tmp_path / "m", data=documents, workers=2, options={"engine": here}, batch_tokens=25, epochs=12)
    assert fanlight.evaluate(tmp_path / "m", documents).f1 > 90


def test_the_mean_is_that_of_the_workers_averages():
    """Of their parameters, and of the means over steps that they have kept, however many steps each has done."""
    rng = np.random.default_rng(1)
    states, last, means = [], [], []
    for steps in (3, 3, 4):
        parameters = {"w": rng.standard_normal((2, 3))}
        optimiser = Optimiser("adam", parameters, 0.0)
        optimiser.start_averaging()
        for _ in range(steps):
            optimiser.step({"w": rng.standard_normal((2, 3))}, 0.1)
        last.append(parameters["w"])
        means.append(optimiser.average()["w"])
        states.append({"parameter.w": parameters["w"], **{f"optimiser.{n}": a for n, a in optimiser.state().items()}})
    mean = average_states(states, [1, 1, 2])
    parameters = {"w": mean["parameter.w"]}
    optimiser = Optimiser("adam", parameters, 0.0)
    optimiser.restore({name.removeprefix("optimiser."): a for name, a in mean.items()})
    np.testing.assert_allclose(parameters["w"], np.average(last, 0, [1, 1, 2]))
    np.testing.assert_allclose(optimiser.average()["w"], np.average(means, 0, [1, 1, 2]))
    assert optimiser.steps == 4  # of 3.5


def test_a_killed_run_goes_on_to_the_same_bits_and_with_as_many_workers(documents, tmp_path):
    changes = {"data": documents, "options": {"engine": here}, **FEW, **TWO_STAGES}
    train_small(tmp_path / "whole", workers=2, **changes)
    train_small(tmp_path / "killed", stop_after=9, workers=2, **changes)
    with pytest.raises(SettingsError, match="other data or settings"):
        train_small(tmp_path / "killed", resume=True, workers=3, **changes)
    train_small(tmp_path / "killed", resume=True, workers=2, **changes)
    assert (tmp_path / "killed").read_bytes() == (tmp_path / "whole").read_bytes()


def test_a_lost_worker_is_an_error_and_the_run_can_go_on(documents, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "WRITE_AFTER", 0.0)

    @contextmanager
    def losing(count):
        with local_workers(count) as workers:
            run_epoch = workers.epoch

            def epoch(number, state):
                if number == 2:
                    os.kill(workers.processes[1].pid, signal.SIGKILL)
                return run_epoch(number, state)

            workers.epoch = epoch
            yield workers

    with pytest.raises(FanlightError, match="a worker was lost, .*: go on with --resume"):
        train_small(tmp_path / "m", data=documents, workers=2, options={"engine": losing}, **FEW)
    assert len(train_small(tmp_path / "m", data=documents, workers=2, resume=True, **FEW)) == 2
    train_small(tmp_path / "whole", data=documents, workers=2, options={"engine": here}, **FEW)
    assert (tmp_path / "m").read_bytes() == (tmp_path / "whole").read_bytes()


def test_more_workers_take_longer_steps_unless_the_rate_is_given():
    rates = [read_settings(None, {"workers": n}).resolve("word", 1, 1, True).rate for n in (1, 2, 4, 9)]
    np.testing.assert_allclose(rates, [0.002, 0.004, 0.004, 0.004])
    assert read_settings(None, {"workers": 4, "rate": 0.003}).resolve("word", 1, 1, True).rate == 0.003


def test_more_workers_than_sentences_are_refused(tmp_path):
    with pytest.raises(SettingsError, match="workers: 400 for 36 sentences: choose fewer"):
        train_small(tmp_path / "m", workers=400, options={"engine": here})


def test_the_command_trains_with_workers(tmp_path):
    command = [sys.executable, "-m", "fanlight", "train", str(TOWNS), "--set", "epochs=1", "--out", str(tmp_path / "m")]
    done = subprocess.run([*command, "--engine", "ray"], capture_output=True, text=True)
    assert "needs --workers, 2 or more" in done.stderr
    subprocess.run([*command, "--workers", "2"], check=True, capture_output=True)
    assert fanlight.load(tmp_path / "m").model.provenance["settings"]["workers"] == 2


def test_ray_gives_the_bits_of_workers_in_turn(documents, tmp_path):
    ray = pytest.importorskip("ray")
    from fanlight.apps.integrations.ray import training_on_ray

    try:
        for name, engine in (("turn", here), ("ray", training_on_ray)):
            run = train_model(
                documents,
                documents,
                tmp_path / name,
                None,
                read_settings(None, {**SMALL, **FEW, "workers": 2}),
                engine=engine,
            )
            list(run)
        assert (tmp_path / "ray").read_bytes() == (tmp_path / "turn").read_bytes()
        with pytest.raises(FanlightError, match="workers: 1000, each with a core, but Ray has"), training_on_ray(1000):
            pass
    finally:
        ray.shutdown()
