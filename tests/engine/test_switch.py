"""The engine changes from the plain to the compiled one in the background, and no answer changes with it."""

import copy
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import MagicMock

import pytest

import fanlight
from fanlight.engine import switch as module
from fanlight.errors import FanlightError
from fanlight.tagging.tagger import Tagger
from tests.engine.kinds import check_same

TEXTS = [f"Ada Lovelace lived in London, {n} miles from Oslo." for n in range(60)]


def check(documents, expected):
    for document, other in zip(documents, expected, strict=True):
        check_same(document, other)


def test_a_handful_of_texts_prepares_nothing_and_more_do():
    tagger = Tagger(fanlight.load("en").model)
    expected = list(Tagger(tagger.model, "plain").pipe(TEXTS))
    check(map(tagger, TEXTS[: module.HANDFUL]), expected[: module.HANDFUL])
    assert tagger.state == "plain"
    assert not tagger.ready
    check(tagger.pipe(TEXTS), expected)
    assert tagger.state != "plain"
    tagger.warm()
    assert tagger.ready
    assert tagger.state == "ready"
    check(tagger.pipe(TEXTS), expected)
    check(map(tagger, TEXTS), expected)


def test_kernels_that_must_be_compiled_hold_nothing_up(tmp_path):
    script = f"""
import fanlight
tagger = fanlight.load("en")
first = list(tagger.pipe({TEXTS!r}))
print(tagger.state)
tagger.warm(long_documents=True)
print(tagger.state, [len(d.entities) for d in first] == [len(d.entities) for d in tagger.pipe({TEXTS!r})])
from fanlight.engine import entry, long_document_kernels
print([sum(kernel.stats.cache_misses.values()) for kernel in (entry.tag, long_document_kernels.tag)])
"""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    before, after, compiled_here = done.stdout.splitlines()
    assert before in ("loading", "compiling")
    assert after == "ready True"
    assert compiled_here == "[0, 0]"  # but by the process for it


@pytest.mark.parametrize("name", ["en", "ko"])
def test_without_numba_the_plain_engine_is_the_whole_product(name):
    script = f"""
import sys
sys.modules["numba"] = None
import fanlight
tagger = fanlight.load({name!r})
documents = list(tagger.pipe({TEXTS!r}))
tagger.warm()
print(tagger.state, sum(len(d.entities) for d in documents), len(tagger.to_jsonl({TEXTS!r}).splitlines()))
try:
    fanlight.load({name!r}, engine="compiled").warm()
except fanlight.errors.FanlightError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    count = sum(len(d.entities) for d in Tagger(fanlight.load(name).model, "plain").pipe(TEXTS))
    assert done.stdout == (
        f"unavailable {count} {len(TEXTS)}\nengine 'compiled': this needs numba: pip install numba\n"
    )


def test_kernels_of_a_kind_are_compiled_once_whoever_asks(tmp_path, monkeypatch):
    from fanlight import jit
    from fanlight.engine import switch
    from fanlight.engine.compiled import CompiledEngine

    running, most = [], []

    def begin(*command, **options):
        process = MagicMock()
        process.stdout.readline = lambda: (time.sleep(0.05), running.remove(process))
        running.append(process)
        most.append(len(running))
        return process

    monkeypatch.setattr(jit, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(subprocess, "Popen", begin)
    monkeypatch.setattr(CompiledEngine, "warm", lambda self: None)
    models = [fanlight.load(name).model for name in ("en", "ko", "en", "ko", "en")]
    engines = [switch.EngineSwitch(model) for model in models]
    for prepared in [engine.prepare() for engine in engines]:
        prepared.result()
    assert [engine.state for engine in engines] == ["ready"] * 5
    assert most == [1, 1]


def test_eight_threads_share_a_tagger():
    tagger = Tagger(fanlight.load("en").model)
    expected = list(Tagger(tagger.model, "plain").pipe(TEXTS))
    texts = [TEXTS * 40, *([text] for text in TEXTS[:7])]  # long and short blocks at the same time
    barrier = threading.Barrier(8)

    def tag(batch):
        barrier.wait()
        return [list(tagger.tag_batch(batch)) for _ in range(20 if len(batch) == 1 else 4)]

    for _ in range(2):  # while the kernels are loaded, and after
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(tag, texts))
        for answer in answers[0]:
            check(answer, expected * 40)
        for n, documents in enumerate(answers[1:]):
            for answer in documents:
                check(answer, [expected[n]])
        tagger.warm()


def test_copies_and_forks_answer_before_and_after_use():
    tagger = Tagger(fanlight.load("en").model)
    expected = list(Tagger(tagger.model, "plain").pipe(TEXTS))
    for _ in range(2):
        for other in (copy.copy(tagger), copy.deepcopy(tagger), pickle.loads(pickle.dumps(tagger))):
            check(other.pipe(TEXTS[:5]), expected[:5])
        tagger.warm()
        check(tagger.pipe(TEXTS), expected)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_answers():
    script = f"""
import os, fanlight
tagger = fanlight.load("en")
tagger.warm()
before = list(tagger.pipe({TEXTS!r}))
child = os.fork()
if not child:
    same = [len(d.entities) for d in tagger.pipe({TEXTS!r})] == [len(d.entities) for d in before]
    tagger.warm()
    same = same and list(tagger.pipe({TEXTS!r})) == before
    os._exit(0 if same else 1)
print(os.waitpid(child, 0)[1])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "0\n"


def test_there_are_three_engines():
    with pytest.raises(FanlightError, match=r"engine 'fast': choose auto, plain, compiled"):
        fanlight.load("en", engine="fast")


def test_a_command_that_ends_before_the_engine_is_there_says_nothing_of_it():
    code = """
        import atexit, threading, time
        import fanlight
        from fanlight.engine import compiled

        class LateEngine:
            def __init__(self, model):
                threading.main_thread().join()
                raise RuntimeError("can't register atexit after shutdown")

        compiled.CompiledEngine = LateEngine
        tagger = fanlight.load("en")
        atexit.register(time.sleep, 1)
        for _ in range(20):
            tagger("Oslo")
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.2, 0.3, 0.5])
def test_a_process_may_end_while_kernels_are_loaded_or_compiled(tmp_path, seconds, cached):
    script = f"""
        import time, fanlight
        tagger = fanlight.load("en")
        texts = [f"Line {{n}} is from Oslo." for n in range(40)]
        assert len(list(tagger.pipe(texts))) == 40
        time.sleep({seconds})
    """
    (tmp_path / "temporary").mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "temporary")}
    if not cached:
        environment["NUMBA_CACHE_DIR"] = str(tmp_path / "cache")
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert list((tmp_path / "temporary").iterdir()) == []
