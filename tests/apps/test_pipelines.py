"""The recipes of docs/pipelines.md, each against the library itself; services are stand-ins on this machine."""

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "pipelines.md").read_text(encoding="utf-8")


def recipe(title):
    """Return the Python of a part of the page."""
    part = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return "\n".join(re.findall(r"^```python\n(.*?)^```", part, re.DOTALL | re.MULTILINE))


def run(code, folder=None, **settings):
    """Run Python in a process of its own; check what it says that it prints."""
    environment = {**os.environ, **settings}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        cwd=folder,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == re.findall(r"^# → (.*)$", code, re.MULTILINE)


@pytest.mark.parametrize(
    ("title", "module"),
    [
        ("Files elsewhere", "fsspec"),
        ("LangChain", "langchain_core"),
        ("LlamaIndex", "llama_index.core"),
        ("Haystack", "haystack"),
    ],
)
def test_a_recipe_of_a_library(title, module):
    pytest.importorskip(module, reason=f"NOT INSTALLED: {module.partition('.')[0]}")
    run(recipe(title))


def test_kafka():
    """Against the cluster that librdkafka has for tests: the protocol is Kafka's, the broker is a stand-in."""
    kafka = pytest.importorskip("confluent_kafka", reason="NOT INSTALLED: confluent_kafka")
    cluster = kafka.Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (broker,) = cluster.list_topics(timeout=10).brokers.values()
    address = f"{broker.host}:{broker.port}"
    source = kafka.Producer({"bootstrap.servers": address})
    texts = {b"1": "Ann Lee lives in Oslo.", b"2": "It rained."}
    for key, text in texts.items():
        source.produce("texts", text.encode(), key, partition=0)
    assert source.flush(10) == 0
    run(recipe("Kafka").replace("localhost:9092", address))
    reader = {"bootstrap.servers": address, "auto.offset.reset": "earliest"}
    answers = kafka.Consumer({**reader, "group.id": "reader"})
    answers.subscribe(["entities"])
    rows = {}
    while len(rows) < 2:
        for message in answers.consume(1, 20):
            rows[message.key()] = json.loads(message.value())
    answers.close()
    assert {key: row["text"] for key, row in rows.items()} == texts
    assert [e["text"] for e in rows[b"1"]["entities"]] == ["Ann Lee", "Oslo"]
    group = kafka.Consumer({**reader, "group.id": "fanlight"})
    (committed,) = group.committed([kafka.TopicPartition("texts", 0)], timeout=10)
    group.close()
    assert committed.offset == 2


class Search(BaseHTTPRequestHandler):
    """What the recipe asks of OpenSearch."""

    mappings: ClassVar[dict] = {}
    documents: ClassVar[dict] = {}

    def log_message(self, *_):
        pass

    def answer(self, value):
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_PUT(self):
        self.mappings[self.path.strip("/")] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer({"acknowledged": True})

    def do_POST(self):
        assert self.path == "/_bulk"
        rows = [json.loads(line) for line in self.rfile.read(int(self.headers["Content-Length"])).splitlines()]
        for action, document in zip(rows[::2], rows[1::2], strict=True):
            self.documents[action["index"]["_index"], action["index"]["_id"]] = document
        self.answer({"errors": False, "items": [{"index": {"status": 201}} for _ in rows[::2]]})


def test_opensearch():
    """Against a stand-in of its HTTP interface, with OpenSearch's own client."""
    pytest.importorskip("opensearchpy", reason="NOT INSTALLED: opensearchpy")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Search)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    code = recipe("OpenSearch").replace("localhost:9200", f"127.0.0.1:{server.server_port}")
    run("import fanlight\ntagger = fanlight.load('en')\n" + code)
    server.shutdown()
    server.server_close()
    assert Search.mappings["news"]["mappings"]["properties"]["PER"] == {"type": "keyword"}
    assert Search.documents["news", "1"]["LOC"] == ["Oslo"]
    assert Search.documents["news", "1"]["entities"][0]["text"] == "Ann Lee"
    assert Search.documents["news", "2"]["PER"] == []


def test_langchain_keeps_documents_as_they_were():
    documents = pytest.importorskip("langchain_core.documents", reason="NOT INSTALLED: langchain_core")
    from fanlight.apps.integrations.langchain import FanlightTransformer

    before = documents.Document("Ann Lee lives in Oslo.", metadata={"source": "a"}, id="7")
    (after,) = FanlightTransformer("en", threshold=1.0, key="names").transform_documents([before])
    assert before.metadata == {"source": "a"}
    assert (after.id, after.metadata) == ("7", {"source": "a", "names": []})


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_llama_index_keeps_entities_out_of_prompts_and_can_be_stored():
    schema = pytest.importorskip("llama_index.core.schema", reason="NOT INSTALLED: llama_index")
    from fanlight.apps.integrations.llama_index import FanlightExtractor

    extractor = FanlightExtractor.from_dict(FanlightExtractor(model="en", threshold=0.5).to_dict())
    assert (extractor.model, extractor.threshold) == ("en", 0.5)
    (node,) = extractor([schema.TextNode(text="Ann Lee lives in Oslo.")])
    for mode in (schema.MetadataMode.LLM, schema.MetadataMode.EMBED):
        assert node.get_content(mode) == "Ann Lee lives in Oslo."
    assert [e["text"] for e in node.metadata["entities"]] == ["Ann Lee", "Oslo"]


def test_haystack_stores_the_component():
    haystack = pytest.importorskip("haystack", reason="NOT INSTALLED: haystack")
    yaml = pytest.importorskip("yaml")
    from fanlight.apps.integrations.haystack import FanlightExtractor

    pipeline = haystack.Pipeline()
    pipeline.add_component("entities", FanlightExtractor("ko", threshold=0.25))
    stored = yaml.safe_load(pipeline.dumps())["components"]["entities"]
    assert stored["type"] == "fanlight.apps.integrations.haystack.FanlightExtractor"
    component = haystack.default_from_dict(FanlightExtractor, stored)
    assert (component.model, component.threshold) == ("ko", 0.25)
    before = haystack.Document(content="이순신은 서울에서 태어났다.", meta={"source": "a"})
    empty = haystack.Document()
    after, still = component.run(documents=[before, empty])["documents"]
    assert [e["text"] for e in after.meta["entities"]] == ["이순신", "서울"]
    assert (before.meta, after.id, still.meta["entities"]) == ({"source": "a"}, before.id, [])


def test_trackers_get_each_epoch(tmp_path):
    """MLflow writes to a folder, Weights & Biases offline: both as their libraries do."""
    for module in ("mlflow", "wandb"):
        pytest.importorskip(module, reason=f"NOT INSTALLED: {module}")
    (tmp_path / "towns.conll").write_bytes((Path(__file__).parents[1] / "data" / "towns.conll").read_bytes())
    run(recipe("MLflow, Weights & Biases"), tmp_path, WANDB_SILENT="true", MLFLOW_ALLOW_FILE_STORE="true")
    (metric,) = tmp_path.glob("runs/*/*/metrics/loss")
    assert [line.split()[2] for line in metric.read_text().splitlines()] == ["1", "2"]
    assert list(tmp_path.glob("runs/*/*/artifacts/m.fanlight"))
    assert list(tmp_path.glob("wandb/offline-run-*/*.wandb"))
