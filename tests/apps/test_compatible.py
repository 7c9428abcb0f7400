"""Routes that clients of other systems know, each asked by its real client where there is one."""

import json
from urllib.parse import urljoin

import httpx
import pytest

import fanlight
from fanlight.apps.convert import read_records
from fanlight.engine.twins import ROUNDING
from tests.apps.serving import running

TEXT = "Museums in Paris are amazing to see."


@pytest.fixture(scope="module")
def address():
    with running({name: fanlight.load(name) for name in ("en", "ko")}) as url:
        yield url


def test_hugging_face_s_client(address):
    hub = pytest.importorskip("huggingface_hub")
    client = hub.InferenceClient(model=f"{address}/huggingface/en", token="secret", timeout=60)
    (entity,) = client.token_classification(TEXT)
    assert (entity.entity_group, entity.word, entity.start, entity.end) == ("LOC", "Paris", 11, 16)
    assert entity.score == pytest.approx(fanlight.load("en")(TEXT).entities[0].probability, abs=ROUNDING)
    answer = httpx.post(address + "/huggingface/auto", json={"inputs": [TEXT, "서울은 크다."]}, timeout=60).json()
    assert [[entity["word"] for entity in row] for row in answer] == [["Paris"], ["서울"]]
    assert httpx.post(address + "/huggingface/none", json={"inputs": TEXT}, timeout=60).status_code == 404


def test_presidio_s_results(address):
    presidio = pytest.importorskip("presidio_analyzer")
    body = {"text": TEXT, "language": "en", "return_decision_process": False, "correlation_id": "7"}
    rows = httpx.post(address + "/analyze", json=body, timeout=60).json()
    (result,) = [presidio.RecognizerResult.from_json(row) for row in rows]
    assert (result.entity_type, TEXT[result.start : result.end]) == ("LOCATION", "Paris")
    for options in ({"entities": ["PERSON"]}, {"score_threshold": 1.0}):
        assert httpx.post(address + "/analyze", json={**body, **options}, timeout=60).json() == []
    rows = httpx.post(address + "/analyze", json={"text": [TEXT, ""], "language": "en"}, timeout=60).json()
    assert [len(row) for row in rows] == [1, 0]
    assert httpx.post(address + "/analyze", json={"text": TEXT, "language": "xx"}, timeout=60).status_code == 400
    supported = httpx.get(address + "/supportedentities?language=en", timeout=60).json()
    assert {"PERSON", "LOCATION", "ORGANIZATION"} <= set(supported)


def test_kserve_s_protocol(address):
    client_library = pytest.importorskip("tritonclient.http")
    import numpy as np

    client = client_library.InferenceServerClient(address.removeprefix("http://"), network_timeout=60)
    try:
        assert client.is_server_live()
        assert client.get_server_metadata()["name"] == "fanlight"
        assert client.get_model_metadata("en")["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}]
        tensor = client_library.InferInput("text", [2], "BYTES")
        tensor.set_data_from_numpy(np.array([TEXT, "It rained."], object), binary_data=False)
        output = client_library.InferRequestedOutput("entities", binary_data=False)
        result = client.infer("en", [tensor], outputs=[output], request_id="7")
    finally:
        client.close()
    assert result.get_response()["id"] == "7"
    assert result.as_numpy("entities").tolist()[0].startswith('{"text": "Museums in Paris')
    other = {"inputs": [{"name": "text", "shape": [1], "datatype": "FP32", "data": [1.0]}]}
    assert httpx.post(address + "/v2/models/en/infer", json=other, timeout=60).status_code == 422


CONFIGURATION = """<View>
  <!-- people and places -->
  <Labels name="ner" toName="words"><Label value="Person" background="red"/><Label value="LOC"/></Labels>
  <Text name="words" value="$body"/>
</View>"""


def label_studio(address, suffix, request=None):
    """Ask as `label_studio.ml.api_connector.MLApi` does, which needs all of Label Studio."""
    url = urljoin(f"{address}/labelstudio/", suffix)
    headers = {"User-Agent": "heartex/1.23.2"}
    if request is None:
        return httpx.get(url, headers=headers, timeout=60)
    return httpx.post(url, json=request, headers=headers, timeout=60)


def test_label_studio_s_backend(address):
    assert label_studio(address, "health").json()["status"] == "UP"
    setup = {
        "project": "1.1700000000",
        "schema": CONFIGURATION,
        "hostname": "http://localhost:8080",
        "access_token": "t",
    }
    assert label_studio(address, "setup", setup).json()["model_version"].startswith("fanlight ")
    tasks = [
        {"id": 1, "data": {"body": "👍 Ann lives in Oslo."}, "annotations": [], "predictions": []},
        {"id": 2, "data": {"body": "It rained.", "source": "x"}, "annotations": [], "predictions": []},
    ]
    params = {"login": None, "password": None, "context": None}
    request = {"tasks": tasks, "model_version": None, "project": "1.1700000000", "label_config": CONFIGURATION}
    answer = label_studio(address, "predict", {**request, "params": params}).json()
    assert answer["model_version"].startswith("fanlight ")
    result, second_result = answer["results"]
    assert [(r["from_name"], r["to_name"], r["type"], r["value"]) for r in result["result"]] == [
        ("ner", "words", "labels", {"start": 2, "end": 5, "text": "Ann", "labels": ["Person"]}),
        ("ner", "words", "labels", {"start": 15, "end": 19, "text": "Oslo", "labels": ["LOC"]}),
    ]
    assert result["score"] == min(r["score"] for r in result["result"])
    assert (second_result["result"], second_result["score"]) == ([], 1.0)
    assert label_studio(address, "predict", {**request, "tasks": []}).json()["results"] == []


def test_label_studio_reads_the_proposals_as_annotations(address, tmp_path):
    data = {"body": "👍 Ann lives in Oslo."}
    request = {"tasks": [{"data": data}], "label_config": CONFIGURATION}
    (prediction,) = label_studio(address, "predict", request).json()["results"]
    export = tmp_path / "export.json"
    export.write_text(json.dumps([{"data": data, "annotations": [prediction]}]), encoding="utf-8")
    ((record,), _) = read_records(str(export), "labelstudio")
    assert record.spans == ((2, 5, "Person"), (15, 19, "LOC"))


@pytest.mark.parametrize(
    ("configuration", "why"),
    [
        ("<View><Labels", "is not XML"),
        ("<View><Text name='t'/></View>", "has no labels for a text"),
        ("<!DOCTYPE v [<!ENTITY a 'aa'>]><View>&a;</View>", "document type"),
        (CONFIGURATION.replace("$body", "$other"), "has no text under 'other'"),
    ],
)
def test_label_studio_is_told_what_is_wrong_with_its_configuration(address, configuration, why):
    request = {"tasks": [{"data": {"body": "It rained."}}], "label_config": configuration}
    answer = label_studio(address, "predict", request)
    assert answer.status_code == 400
    assert why in answer.json()["error"]


def test_a_key_may_be_the_password_of_basic_authentication():
    with running({"en": fanlight.load("en", engine="plain")}, keys={"secret": None}) as url:
        health = f"{url}/labelstudio/health"
        assert httpx.get(health, auth=("anyone", "secret")).status_code == 200
        assert httpx.get(health, auth=("secret", "other")).status_code == 401
        assert httpx.get(health, headers={"authorization": "Basic %%%"}).status_code == 401
