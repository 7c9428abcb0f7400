"""Schemas for masking and unmasking."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from fanlight.apps.server.schemas import ONE_OR_MANY, Model, ModelFields, ModelOptions, OneOrMany

Placeholder = Annotated[str, Field(min_length=1, max_length=200)]
NameAndType = Annotated[list[Annotated[str, Field(max_length=10_000)]], Field(min_length=2, max_length=2)]
Key = Annotated[dict[Placeholder, NameAndType], Field(max_length=100_000)]


class MaskRequest(ModelOptions, OneOrMany):
    """Texts in which names are to be replaced by placeholders."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "Ann lives in Oslo.", "types": ["PER"]}], **ONE_OR_MANY},
    )

    redact: bool = Field(default=False, description="Keep nothing: the type replaces each name.")
    key: Key = Field(default_factory=dict, description="Of an earlier answer, to go on with.")


class MaskResponse(Model):
    """The masked texts, and what gives them back."""

    texts: list[str]
    key: dict[str, NameAndType] = Field(description="Name and type of each placeholder. Keep it secret.")
    models: list[ModelFields] = Field(description="Which model answered each text.")


class UnmaskRequest(OneOrMany):
    """Masked texts and their key."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"text": "[PER_1] lives in Oslo.", "key": {"[PER_1]": ["Ann", "PER"]}}],
            **ONE_OR_MANY,
        },
    )

    key: Key


class UnmaskResponse(Model):
    """The texts as they were."""

    texts: list[str]
