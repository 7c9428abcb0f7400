"""Routes for trainings: data reports, training, status, download of the model."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter
from fastapi.responses import FileResponse, JSONResponse
from pydantic import Field, model_validator
from starlette.exceptions import HTTPException

from fanlight.api.history import History, read_history
from fanlight.apps.labelling import LabelStore
from fanlight.apps.server.schemas import EpochOut, Model, Name
from fanlight.apps.server.tagging import Tagging
from fanlight.apps.server.training import OFF, LabelledText, TrainingRunner

_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}}, "description": "The model file."}
}
LABELS = "labels.jsonl"  # the name for labels made on the page
EXAMPLE = "\n\n".join(("Ann\tS-PER\nlives\tO\nin\tO\nOslo\tS-LOC", *["It\tO\nrained\tO"] * 4))


class LabelledFile(Model):
    """Labelled sentences: columns, KLUE, JSONL, or exports of other tools."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    text: Annotated[str, Field(min_length=1, max_length=100_000_000)]


class CheckRequest(Model):
    """Data to train on."""

    train: LabelledFile | None = Field(default=None, examples=[{"name": "towns.conll", "text": EXAMPLE}])
    labels: bool = Field(default=False, description="Use the labels made on this server, merged by majority, instead.")
    dev: LabelledFile | None = Field(default=None, description="The dev set; by default a fifth of `train`.")

    @model_validator(mode="after")
    def _one_source(self) -> CheckRequest:
        if (self.train is None) != self.labels:
            raise ValueError('give either "train" or "labels": true')
        return self


class TrainRequest(CheckRequest):
    """Data and settings of a training."""

    epochs: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="By default selected by the amount of data."
    )


class CheckResponse(Model):
    """The data report."""

    sentences: int
    documents: int
    tokens: int
    longest_sentence: int
    dev_sentences: int
    entities: dict[str, int]
    outside_percent: float
    unseen_percent: float | None
    problems: list[str]


class TrainingResponse(Model):
    """The state of a training."""

    epochs: list[EpochOut]
    html: str = Field(description="The curves of each stage and, at the end, the report.")
    allowed: bool = Field(description="Whether trainings can be started on this server.")
    labels: bool = Field(description="Whether there are labels on this server to train on.")
    state: Literal["none", "running", "done", "failed", "cancelled"] = Field(
        description="State of the training started on this server."
    )
    name: Name | None = Field(description="Name of its model, which is served at the end.")
    examples: str = Field(description="Sentences of the dev set, to try the model on.")
    error: str


class _Trainings(NamedTuple):
    """The state of the routes."""

    runner: TrainingRunner | None
    watch: Path | None
    labels: LabelStore | None

    def get_runner(self) -> TrainingRunner:
        if self.runner is None:
            raise HTTPException(403, OFF)
        return self.runner

    async def files_of(self, request: CheckRequest) -> tuple[LabelledText, LabelledText | None]:
        train = _file(request.train) if request.train else await asyncio.to_thread(_read_labels, self.labels)
        return train, None if request.dev is None else _file(request.dev)

    async def describe(self) -> JSONResponse:
        training = None if self.runner is None else self.runner.training
        path = self.watch if training is None else training.progress
        history = History([], [], None) if path is None else await asyncio.to_thread(read_history, path)
        return JSONResponse(
            {
                "epochs": history.epochs,
                "html": history.html(),
                "allowed": self.runner is not None,
                "labels": self.runner is not None and self.labels is not None and self.labels.progress("")[1] > 0,
                "state": "none" if training is None else training.state,
                "name": None if training is None else training.name,
                "examples": "" if training is None else training.examples,
                "error": "" if training is None else training.error,
            }
        )


def training_routes(
    tagging: Tagging, runner: TrainingRunner | None, watch: Path | None, labels: LabelStore | None
) -> APIRouter:
    """Return the routes; without a runner, trainings cannot be started.

    Parameters
    ----------
    tagging : Tagging
        Serves a new model.
    runner : TrainingRunner or None
    watch : path or None
        The progress file of a training started by another process.
    labels : LabelStore or None
    """
    router = APIRouter(tags=["training"])

    trainings = _Trainings(runner, watch, labels)

    @router.get("/v1/training", response_model=TrainingResponse, operation_id="training")
    async def show_training() -> Any:
        """Return curves and state of the training started on this server, or else of the watched one."""
        return await trainings.describe()

    @router.post("/v1/training/check", response_model=CheckResponse, operation_id="check_training_data")
    async def check(request: CheckRequest) -> Any:
        """Report on labelled data before a training."""
        report = await trainings.get_runner().check(*await trainings.files_of(request))
        values = report.to_dict()
        return {name: values[name] for name in CheckResponse.model_fields}

    @router.post("/v1/training", response_model=TrainingResponse, operation_id="train")
    async def train(request: TrainRequest) -> Any:
        """Start a training."""
        started = trainings.get_runner()
        settings = {} if request.epochs is None else {"epochs": request.epochs}
        await started.start(*await trainings.files_of(request), settings, tagging.add)
        return await trainings.describe()

    @router.post("/v1/training/cancel", response_model=TrainingResponse, operation_id="cancel_training")
    async def cancel() -> Any:
        """Stop the training."""
        trainings.get_runner().cancel()
        return await trainings.describe()

    @router.get("/v1/training/model", response_class=FileResponse, responses=_CONTENT, operation_id="training_model")
    async def model() -> Any:
        """Return the model file of the last training."""
        training = None if runner is None else runner.training
        if training is None or training.state != "done":
            raise HTTPException(404, "there is no trained model yet: begin a training and wait for its end")
        return FileResponse(training.out, filename=f"{training.name}.fanlight", media_type="application/octet-stream")

    return router


def _file(file: LabelledFile) -> LabelledText:
    return LabelledText(file.name, file.text)


def _read_labels(labels: LabelStore | None) -> LabelledText:
    """Return the labels made on this server as a file."""
    if labels is None:
        raise HTTPException(404, "there is nothing to label: start the server with fanlight label")
    rows = labels.merge().rows
    return LabelledText(LABELS, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
