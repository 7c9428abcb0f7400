"""A machine-learning backend for Label Studio, which proposes labels of texts.

In a project's settings, the backend's URL is that of the server with ``/labelstudio``; an API key is the password of
basic authentication. Offsets count code points, as in Label Studio.

References
----------
label-studio's ``ml/api_connector.py`` (client); label-studio-ml-backend's ``api.py`` (server).
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple
from xml.etree import ElementTree

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from fanlight.apps.server.schemas import TEXT, TEXTS, Model, TagOptions
from fanlight.apps.server.tagging import Tagging
from fanlight.entities.entity import Document
from fanlight.errors import DataError
from fanlight.version import __version__

CONFIGURATION = (
    '<View><Labels name="label" toName="text"><Label value="PER"/><Label value="LOC"/></Labels>'
    '<Text name="text" value="$text"/></View>'
)
_NAMES = {  # frequent labels for the bundled models' types
    "PER": ("PERSON", "PEOPLE", "NAME"), "LOC": ("LOCATION", "PLACE", "GPE", "CITY", "COUNTRY"),
    "ORG": ("ORGANIZATION", "ORGANISATION", "COMPANY"), "MISC": ("MISCELLANEOUS", "OTHER"),
}  # fmt: skip


class LabelStudioTask(BaseModel):
    """A text to label."""

    data: dict[str, Any]


class PredictRequest(BaseModel):
    """A request of Label Studio for proposals; other fields are ignored."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"tasks": [{"data": {"text": "Ann lives in Oslo."}}], "label_config": CONFIGURATION}]
        }
    )

    tasks: Annotated[list[LabelStudioTask], Field(max_length=TEXTS)]
    label_config: Annotated[str, Field(max_length=1_000_000)] | None = None


class SetupRequest(BaseModel):
    """The request of Label Studio to connect a backend; other fields are ignored."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"project": "1.1", "schema": CONFIGURATION}]})

    configuration: Annotated[str, Field(max_length=1_000_000)] | None = Field(default=None, alias="schema")


class Prediction(Model):
    """The proposals for a text."""

    result: list[dict[str, Any]]
    score: float
    model_version: str


class PredictResponse(Model):
    """The proposals for each text, in order."""

    results: list[Prediction]
    model_version: str


class SetupResponse(Model):
    """The model of the proposals."""

    model_version: str


class HealthResponse(Model):
    """The state that Label Studio expects, "UP"."""

    status: str
    model_class: str


class Control(NamedTuple):
    """The part of a labelling configuration that marks text.

    Attributes
    ----------
    name, target, field : str
        Names of the labels and of the labelled text, and the text's key in a task's data.
    labels : dict of str to str
        The label for each type, both in upper case where they are compared.
    """

    name: str
    target: str
    field: str
    labels: dict[str, str]

    def label_of(self, type_: str) -> str | None:
        """Return the label for a type; None if there is none."""
        names = (type_.upper(), *_NAMES.get(type_.upper(), ()))
        return next((self.labels[name] for name in names if name in self.labels), None)


def read_control(configuration: str | None) -> Control | None:
    """Return the control of a labelling configuration; None without one: then every entity is proposed.

    Raises
    ------
    DataError
        It is not XML, or has no labels for a text.

    Examples
    --------
    >>> read_control(CONFIGURATION)
    Control(name='label', target='text', field='text', labels={'PER': 'PER', 'LOC': 'LOC'})
    """
    if not configuration:
        return None
    if "<!" in configuration.replace("<!--", ""):  # entities can grow without bound
        raise DataError("label_config: has a document type or a CDATA section: leave it out")
    try:
        root = ElementTree.fromstring(configuration)
    except ElementTree.ParseError as error:
        raise DataError(f"label_config: is not XML ({error})") from None
    texts = {text.get("name"): text for tag in ("Text", "HyperText") for text in root.iter(tag)}
    for control in root.iter("Labels"):
        text = texts.get(control.get("toName"))
        if text is None:
            continue
        labels = {value.upper(): value for label in control.iter("Label") if (value := label.get("value"))}
        field = (text.get("value") or "$text").removeprefix("$")
        return Control(control.get("name") or "label", control.get("toName") or "text", field, labels)
    raise DataError('label_config: has no labels for a text: add <Labels name="label" toName="text">')


def label_studio_routes(tagging: Tagging) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/labelstudio", tags=["compatible"])
    version = f"fanlight {__version__}"

    @router.get("/health", response_model=HealthResponse, operation_id="label_studio_health")
    async def health() -> Any:
        """Answer if the server is alive."""
        return {"status": "UP", "model_class": "Fanlight"}

    @router.post("/setup", response_model=SetupResponse, operation_id="label_studio_setup")
    async def setup(request: SetupRequest) -> Any:
        """Read a project's labelling configuration, and return the model."""
        read_control(request.configuration)
        return {"model_version": version}

    @router.post("/predict", response_model=PredictResponse, operation_id="label_studio_predict")
    async def predict(request: PredictRequest) -> Any:
        """Propose labels of texts, for the labels of the labelling configuration."""
        control = read_control(request.label_config)
        texts = [_text(task, control, number) for number, task in enumerate(request.tasks, 1)]
        tagged = await tagging.tag(texts, TagOptions()) if texts else []
        results = [_prediction(document, control, f"{name.name} {name.version}") for document, name in tagged]
        return JSONResponse({"results": results, "model_version": version})

    return router


def _text(task: LabelStudioTask, control: Control | None, number: int) -> str:
    values = [task.data.get(control.field)] if control else list(task.data.values())
    text = next((value for value in values if isinstance(value, str)), None)
    if text is None:
        raise DataError(f"task {number}: has no text under {control.field if control else 'data'!r}")
    if len(text) > TEXT:
        raise DataError(f"task {number}: is longer than {TEXT:,} characters: split it")
    return text


def _prediction(document: Document, control: Control | None, version: str) -> dict[str, Any]:
    """Return the proposals for a text, with the probability of each and of the least certain one."""
    name, target = (control.name, control.target) if control else ("label", "text")
    result, probabilities = [], []
    for number, entity in enumerate(document.entities):
        label = control.label_of(entity.type) if control else entity.type
        if label is None:
            continue
        probability = 0.0 if entity.probability is None else entity.probability
        probabilities.append(probability)
        value = {"start": entity.start, "end": entity.end, "text": entity.text, "labels": [label]}
        result.append(
            {
                "id": f"fanlight-{number}", "from_name": name, "to_name": target, "type": "labels", "value": value,
                "score": probability,
            }
        )  # fmt: skip
    return {"result": result, "score": min(probabilities, default=1.0), "model_version": version}
