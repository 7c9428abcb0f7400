"""Routes that clients of other systems know, each asked by its real client where there is one."""

import httpx
import pytest

import fanlight
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
    assert entity.score == pytest.approx(fanlight.load("en")(TEXT).entities[0].probability, abs=1e-5)
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
