"""Schemas for masking and unmasking."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from fanlight.apps.server.schemas import ONE_OR_MANY, Model, ModelFields, ModelOptions, OneOrMany

Placeholder = Annotated[str, Field(min_length=1, max_length=200)]
NameAndType = Annotated[list[Annotated[str, Field(max_length=10_000)]], Field(min_length=2, max_length=2)]
Key = Annotated[dict[Placeholder, NameAndType], Field(max_length=100_000)]


class MaskRequest(ModelOptions, OneOrMany):
    """Texts to mask."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "Ann lives in Oslo.", "types": ["PER"]}], **ONE_OR_MANY},
    )

    redact: bool = Field(default=False, description="Replace each name by its type, without a key.")
    key: Key = Field(default_factory=dict, description="The key of an earlier response, to extend.")


class MaskResponse(Model):
    """The masked texts, and the key to restore them."""

    texts: list[str]
    key: dict[str, NameAndType] = Field(description="Name and type of each placeholder. Keep it secret.")
    models: list[ModelFields] = Field(description="The model of each text.")


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
    """The restored texts."""

    texts: list[str]
