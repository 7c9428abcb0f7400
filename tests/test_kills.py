"""Killed at random moments, again and again: nothing is lost, doubled or half-written.

FANLIGHT_KILLS=20 makes it 20 kills a case, instead of 2, and adds Ray; FANLIGHT_SEED chooses other moments.
"""

import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest

from fanlight.apps.labelling import LabelStore
from fanlight.apps.shards import read_shards
from fanlight.network.modelfile import load_model

KILLS = int(os.environ.get("FANLIGHT_KILLS", 2))
FANLIGHT = [sys.executable, "-m", "fanlight"]
TOWNS = Path(__file__).parent / "data" / "towns.conll"
LINES = [f"Line {n} is from Oslo, and Ada Lovelace read it.\n" for n in range(8_000)]


def hammer(command, clean, check):
    """Kill a command at random moments; check what stands whenever a run comes to its end, and begin anew."""
    rng = random.Random(os.environ.get("FANLIGHT_SEED", "1"))
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    duration = time.monotonic() - began
    check()
    clean()
    kills = 0
    while kills < KILLS:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert process.wait(rng.uniform(0.2, duration)) == 0
            check()
            clean()
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
    subprocess.run(command, check=True, capture_output=True)
    check()


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for n in range(4):
        (folder / f"{n}.txt").write_text("".join(LINES[n * 2000 : (n + 1) * 2000]))
    return folder


@pytest.mark.parametrize("engine", ["local", "ray"])
def test_shards(texts, tmp_path, engine):
    if engine == "ray" and KILLS < 10:
        pytest.skip("each run of Ray takes long: set FANLIGHT_KILLS")
    expected = subprocess.run([*FANLIGHT, "tag", str(texts), "--format", "jsonl", "--model", "en"], capture_output=True)
    out = tmp_path / "out"
    command = [*FANLIGHT, "tag", "--engine", engine, str(texts), str(out), "--model", "en", "--resume"]

    def check():
        assert b"".join(read_shards(out)) == expected.stdout

    hammer(command, lambda: shutil.rmtree(out), check)


def test_tag_to_a_file(texts, tmp_path):
    expected = subprocess.run([*FANLIGHT, "tag", str(texts), "--format", "jsonl", "--model", "en"], capture_output=True)
    out, part = tmp_path / "out.jsonl", tmp_path / "out.jsonl.part"
    program = (  # a run that had not begun to write cannot be gone on with
        "import pathlib, subprocess, sys; command = sys.argv[2:];"
        "command += ['--resume'] * (pathlib.Path(sys.argv[1]).exists());"
        "import os; os.execv(command[0], command)"
    )
    tag = [*FANLIGHT, "tag", str(texts), "--model", "en", "--out", str(out)]

    def check():
        assert out.read_bytes() == expected.stdout
        assert not part.exists()

    hammer([sys.executable, "-c", program, str(part), *tag], out.unlink, check)


@pytest.mark.parametrize("kill", [False, True])
def test_two_writers_of_one_output(texts, tmp_path, kill):
    """One alone writes; the other says so; after a kill nobody is locked out."""
    out = tmp_path / "out.jsonl"
    command = [*FANLIGHT, "tag", str(texts), "--model", "en", "--out", str(out)]
    other = tmp_path / "other.txt"
    other.write_text("Bergen is another text.\n" * 3)
    writers = [command, [*FANLIGHT, "tag", str(other), "--model", "en", "--out", str(out)]]
    for _ in range(KILLS):
        writer = subprocess.Popen(writers[0], stderr=subprocess.PIPE, text=True)
        while not (tmp_path / "out.jsonl.part").exists():
            assert writer.poll() is None
            time.sleep(0.001)
        other_writer = subprocess.run(writers[1], capture_output=True, text=True)
        assert other_writer.returncode == 1
        assert "is being written by another fanlight process" in other_writer.stderr
        if kill:
            writer.kill()
        writer.communicate()
        if kill:
            subprocess.run([*command, "--resume"], check=True, capture_output=True)
        rows = out.read_text().splitlines()
        assert len(rows) == len(LINES)
        assert not any("Bergen" in row for row in rows)
        out.unlink()


def test_index(texts, tmp_path):
    database = tmp_path / "db"
    files = sorted(map(str, texts.iterdir()))

    def check():
        with closing(sqlite3.connect(database)) as db:
            rows = [text + "\n" for (text,) in db.execute("SELECT text FROM documents ORDER BY id")]
            assert rows == LINES
            names = "SELECT count(*) FROM mentions WHERE name = 'Oslo'"
            assert db.execute(names).fetchone() == (len(LINES),)
            db.execute("INSERT INTO names (names) VALUES ('integrity-check')")

    def clean():
        for place in tmp_path.glob("db*"):
            place.unlink()

    hammer([*FANLIGHT, "index", *files, str(database), "--model", "en"], clean, check)


def test_update(tmp_path):
    model, out = tmp_path / "m.fanlight", tmp_path / "m2.fanlight"
    train = [*FANLIGHT, "train", str(TOWNS), "--dev", str(TOWNS), "--out", str(model), "--set", "epochs=2"]
    subprocess.run([*train, "--set", "keep=50", "--set", "hidden=16"], check=True, capture_output=True)
    before, seen = model.read_bytes(), set()

    def check():
        load_model(out, verify=True)
        seen.add(out.read_bytes())
        assert len(seen) == 1
        assert model.read_bytes() == before

    command = [*FANLIGHT, "update", str(model), str(TOWNS), "--out", str(out), "--set", "epochs=2"]
    hammer(command, out.unlink, check)


def test_labelling(tmp_path):
    """Every save that was answered is there, and no save is there in part."""
    path = tmp_path / "labels.db"
    texts = [f"Text {n} is from Oslo." for n in range(500)]
    LabelStore(path).add(texts, ["LOC"])
    program = (
        "import sys; from fanlight.apps.labelling import LabelStore; store = LabelStore(sys.argv[1])\n"
        "while (task := store.next('ada')) is not None:\n"
        "    store.save('ada', task.id, [(0, 4, 'LOC'), (5, 6, 'LOC')]); print(task.id, flush=True)"
    )
    answered = tmp_path / "answered"
    answered.touch()

    def check(kills):
        rows = list(LabelStore(path).export())
        assert [row["text"] for row in rows] == texts
        assert all(len(row["spans"]) == 2 for row in rows)
        answered_numbers = {int(line) for line in answered.read_text().split()}
        assert answered_numbers <= set(range(1, len(texts) + 1))
        assert (
            len(answered_numbers) >= len(texts) - kills
        )  # one killed between saving and telling is not asked for again

    def clean():
        for place in tmp_path.glob("labels.db*"):
            place.unlink()
        answered.write_text("")
        LabelStore(path).add(texts, ["LOC"])

    shell = 'exec "$0" -c "$1" "$2" >> "$3"'
    command = ["sh", "-c", shell, sys.executable, program, str(path), str(answered)]
    rng = random.Random(7)
    kills = 0
    while kills < KILLS:
        process = subprocess.Popen(command)
        try:
            assert process.wait(rng.uniform(0.3, 2)) == 0
            check(kills)
            clean()
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            saved = {row["text"] for row in LabelStore(path).export()}
            answered_numbers = {texts[int(line) - 1] for line in answered.read_text().split()}
            assert answered_numbers <= saved
            assert len(saved) <= len(answered_numbers) + kills
    subprocess.run(command, check=True)
    check(kills)


@pytest.fixture
def server():
    """A server of expressions, and its address."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    process = subprocess.Popen([*FANLIGHT, "serve", "--model", "en", "--port", str(port)], stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    while True:
        try:
            httpx.get(url + "/healthz")
            break
        except httpx.HTTPError:
            assert process.poll() is None
            time.sleep(0.05)
    yield process, url
    process.kill()
    process.wait()


def workers_of(pid):
    """Return the processes that a server has begun for expressions."""
    pids = set()
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        pids |= {int(child) for child in listing.read_text().split()}
    return {pid for pid in pids if is_worker(pid)}


def is_worker(pid):
    """Tell whether a process runs, and works on expressions."""
    try:
        return b"workers import serve" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are found by /proc")
def test_expression_workers(server):
    """Whenever workers are killed no answer is wrong, the server answers all, and the next request finds a worker."""
    process, url = server
    request = {"expression": "u.T @ tanh(W @ x + b)", "wrt": "W"}

    def ask():
        return httpx.post(url + "/v1/derive", json=request, timeout=60)

    while (right := ask()).status_code != 200:
        time.sleep(0.05)  # while the workers begin
    stop, answers = threading.Event(), []

    def ask_on():
        while not stop.is_set():
            answers.append(ask())

    rng = random.Random(os.environ.get("FANLIGHT_SEED", "1"))
    askers = [threading.Thread(target=ask_on) for _ in range(3)]
    for asker in askers:
        asker.start()
    kills = 0
    while kills < 5 * KILLS:
        time.sleep(rng.uniform(0.01, 0.5))
        for pid in sorted(workers_of(process.pid))[: rng.randint(1, 2)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                kills += 1
        assert httpx.post(url + "/v1/tag", json={"text": "Oslo"}, timeout=60).status_code == 200
    stop.set()
    for asker in askers:
        asker.join()
    assert {answer.status_code for answer in answers} <= {200, 400, 429}
    assert {answer.text for answer in answers if answer.status_code == 200} == {right.text}
    while (last := ask()).status_code == 429:
        pass
    assert last.text == right.text
    left = workers_of(process.pid)
    assert left
    process.kill()
    process.wait()
    deadline = time.monotonic() + 10
    while any(map(is_worker, left)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(is_worker, left)), "none outlives a server that was killed"
