"""Routes that are compatible with other systems: Hugging Face, Presidio and KServe.

References
----------
Hugging Face Inference API, token classification; Presidio Analyzer's HTTP interface; KServe's Open Inference Protocol,
version 2.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from fanlight.apps.server.schemas import TEXTS, Model, Name, Probability, TagOptions, Text
from fanlight.apps.server.tagging import Tagging
from fanlight.entities.entity import Document
from fanlight.errors import DataError
from fanlight.version import __version__

PRESIDIO_NAMES = {  # Presidio's names for the bundled models' types
    "PER": "PERSON", "LOC": "LOCATION", "ORG": "ORGANIZATION", "DATE": "DATE_TIME", "TIME": "DATE_TIME", "MISC": "NRP",
}  # fmt: skip
_LATE: dict[int | str, dict[str, Any]] = {503: {"description": "Not yet."}}
Texts = Annotated[list[Text], Field(min_length=1, max_length=TEXTS)]


class HuggingFaceRequest(BaseModel):
    """A request of Hugging Face's client; other parameters are ignored."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"inputs": "Ann lives in Oslo."}]})

    inputs: Text | Texts
    parameters: dict[str, Any] | None = None


class PresidioRequest(BaseModel):
    """A request to Presidio's analyzer; fields for its own recognisers are ignored."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Ann lives in Oslo.", "language": "en"}]})

    text: Text | Texts
    language: Name
    entities: Annotated[list[Name], Field(max_length=100)] | None = None
    score_threshold: Probability | None = None


class InferInput(BaseModel):
    """A tensor of texts."""

    name: str
    shape: list[int]
    datatype: Literal["BYTES"]
    data: Texts


class InferRequest(BaseModel):
    """An inference request of the Open Inference Protocol."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["Ann lives in Oslo."]}]}
            ]
        }
    )

    id: str | None = None
    inputs: Annotated[list[InferInput], Field(min_length=1, max_length=1)]


class HuggingFaceEntity(Model):
    """An entity in Hugging Face's names."""

    entity_group: str
    score: float | None
    word: str
    start: int
    end: int


class PresidioResult(Model):
    """An entity in Presidio's names."""

    entity_type: str
    start: int
    end: int
    score: float
    analysis_explanation: None
    recognition_metadata: dict[str, str]


HuggingFaceAnswer = list[HuggingFaceEntity] | list[list[HuggingFaceEntity]]  # of one text, or of several
PresidioAnswer = list[PresidioResult] | list[list[PresidioResult]]


class Tensor(Model):
    """An input or output of a model, in the Open Inference Protocol."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(Model):
    """Metadata of a model in the Open Inference Protocol."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[Tensor]
    outputs: list[Tensor]


class InferOutput(Tensor):
    """A tensor of JSON lines, one per text."""

    data: list[str]


class InferResponse(Model):
    """An inference response of the Open Inference Protocol."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[InferOutput]


class Ready(Model):
    """Whether something is ready."""

    name: str | None = None
    ready: bool


class Live(Model):
    """Whether the server is alive."""

    live: bool


class ServerMetadata(Model):
    """Metadata of the server in the Open Inference Protocol."""

    name: str
    version: str
    extensions: list[str]


def compatible_routes(tagging: Tagging) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["compatible"])
    _add_hugging_face(router, tagging)
    _add_presidio(router, tagging)
    _add_kserve(router, tagging)
    return router


def _add_hugging_face(router: APIRouter, tagging: Tagging) -> None:
    @router.post(
        "/huggingface/{model}",
        response_model=list[HuggingFaceEntity] | list[list[HuggingFaceEntity]],
        operation_id="huggingface_token_classification",
    )
    async def classify_tokens(model: Name, request: HuggingFaceRequest) -> Any:
        """Tag a text in the format of Hugging Face's token classification; the model "auto" is selected by script."""
        texts = [request.inputs] if isinstance(request.inputs, str) else request.inputs
        tagged = await tagging.tag(texts, TagOptions(model=None if model == "auto" else model))
        rows = [
            [
                {"entity_group": e.type, "score": e.probability, "word": e.text, "start": e.start, "end": e.end}
                for e in document.entities
            ]
            for document, _ in tagged
        ]
        return JSONResponse(rows[0] if isinstance(request.inputs, str) else rows)


def _add_presidio(router: APIRouter, tagging: Tagging) -> None:
    def model_of(language: str) -> str:
        for name in tagging.batchers:
            if language in (name, tagging.name_of(name).language):
                return name
        languages = sorted({tagging.name_of(name).language or name for name in tagging.batchers})
        raise DataError(f"language: there is no model for {language!r}; there are {', '.join(languages)}")

    @router.post("/analyze", response_model=PresidioAnswer, operation_id="presidio_analyze")
    async def analyze(request: PresidioRequest) -> Any:
        """Tag a text in the format of Presidio's analyzer, with its names of types."""
        texts = [request.text] if isinstance(request.text, str) else request.text
        tagged = await tagging.tag(texts, TagOptions(model=model_of(request.language)))
        minimum, types = request.score_threshold or 0.0, request.entities
        rows = [_presidio_rows(document, minimum, types) for document, _ in tagged]
        return JSONResponse(rows[0] if isinstance(request.text, str) else rows)

    @router.get("/supportedentities", response_model=list[str], operation_id="presidio_supported_entities")
    async def supported_entities(language: Annotated[str, Query(min_length=1, max_length=40)] = "en") -> Any:
        """List the types of a language's model, in Presidio's names."""
        types = tagging.batchers[model_of(language)].tagger.types
        return sorted({PRESIDIO_NAMES.get(type_, type_) for type_ in types})


def _presidio_rows(document: Document, minimum: float, types: list[str] | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "entity_type": PRESIDIO_NAMES.get(e.type, e.type),
            "start": e.start,
            "end": e.end,
            "score": 0.0 if e.probability is None else e.probability,
            "analysis_explanation": None,
            "recognition_metadata": {"recognizer_name": "Fanlight"},
        }
        for e in document.entities
    ]
    return [row for row in rows if row["score"] >= minimum and (types is None or row["entity_type"] in types)]


def _add_kserve(router: APIRouter, tagging: Tagging) -> None:
    @router.get("/v2", response_model=ServerMetadata, operation_id="kserve_server")
    async def server() -> Any:
        """Return the metadata of the server."""
        return {"name": "fanlight", "version": __version__, "extensions": []}

    @router.get("/v2/health/live", response_model=Live, operation_id="kserve_live")
    async def live() -> Any:
        """Answer if the server is alive."""
        return {"live": True}

    @router.get("/v2/health/ready", response_model=Ready, operation_id="kserve_ready", responses=_LATE)
    async def ready() -> Any:
        """Answer with status 200 when every model's engine is ready."""
        return JSONResponse({"ready": tagging.ready}, 200 if tagging.ready else 503)

    @router.get("/v2/models/{model}", response_model=ModelMetadata, operation_id="kserve_model")
    async def describe_model(model: Name) -> Any:
        """Return the inputs and outputs of a model."""
        name = tagging.name_of(tagging.choose(model, ""))
        tensor = {"datatype": "BYTES", "shape": [-1]}
        return {
            "name": model, "versions": [name.version], "platform": "fanlight",
            "inputs": [{"name": "text", **tensor}], "outputs": [{"name": "entities", **tensor}],
        }  # fmt: skip

    @router.get("/v2/models/{model}/ready", response_model=Ready, operation_id="kserve_model_ready", responses=_LATE)
    async def model_ready(model: Name) -> Any:
        """Answer with status 200 when a model's engine is ready."""
        is_ready = tagging.batchers[tagging.choose(model, "")].tagger.ready
        return JSONResponse({"name": model, "ready": is_ready}, 200 if is_ready else 503)

    @router.post("/v2/models/{model}/infer", response_model=InferResponse, operation_id="kserve_infer")
    async def infer(model: Name, request: InferRequest) -> Any:
        """Tag a tensor of texts; the output has one JSON line per document."""
        tensor = request.inputs[0]
        tagged = await tagging.tag(tensor.data, TagOptions(model=model))
        data = [document.to_json() for document, _ in tagged]
        output = {"name": "entities", "datatype": "BYTES", "shape": [len(data)], "data": data}
        about = {} if request.id is None else {"id": request.id}
        version = tagging.name_of(model).version
        return JSONResponse({"model_name": model, "model_version": version, **about, "outputs": [output]})
