"""Declares Lidarr connections, accounts and lists from a YAML file: checked whole, applied whole, as often as liked."""

from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from django.core.exceptions import ValidationError as RowInvalid
from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from providers.accounts import (
    KeyRefused,
    check_key,
    declare_account,
    declare_lidarr,
    enabled_lidarrs,
    find_account,
    find_lidarrs,
)
from providers.queries import provider_slugs
from recommendations.domain.types import Discovery, Mode, OnTrouble, ReviewPolicy, Sampling, Sensitivity
from recommendations.models import RecommendationList
from recommendations.services.lists import save_list, set_fallbacks

Name = Annotated[str, Field(min_length=1, max_length=100)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+", max_length=500)]


class FileRefused(Exception):
    """The file cannot be used; the message names the line, the field and the remedy. Nothing was changed."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _WithKey(_Part):
    api_key: str = ""
    api_key_file: Path | None = None

    @field_validator("api_key")
    @classmethod
    def _is_real(cls, value: str) -> str:
        try:
            check_key(value)
        except KeyRefused as error:
            raise ValueError(str(error)) from error
        return value.strip()

    @model_validator(mode="after")
    def _is_one(self) -> "_WithKey":
        if self.api_key and self.api_key_file:
            raise ValueError("api_key and api_key_file are both given; keep one")
        return self

    def secret(self) -> str:
        """The key itself. Raises OSError when its file cannot be read: that is not the same as no key."""
        return self.api_key_file.read_text(encoding="utf-8").strip() if self.api_key_file else self.api_key


class LidarrPart(_WithKey):
    name: Name = "Lidarr"
    url: Url


class AccountPart(_WithKey):
    name: Name
    provider: str
    model: str = Field("", max_length=200)
    base_url: Url | Literal[""] = ""
    context_window: int | None = Field(None, ge=1024, le=10_000_000)
    max_output_tokens: int | None = Field(None, ge=64, le=1_000_000)
    temperature: float | None = Field(None, ge=0.0, le=2.0)
    structure: Literal["", "json_schema", "json_object", "text"] = ""
    shares: Literal["names", "genres", "nothing"] = "names"
    text_fallback: bool = True
    timeout_seconds: int = Field(30, ge=5, le=600)

    @field_validator("provider")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in provider_slugs():
            raise ValueError(f"{value!r} is not a provider; choose one of {', '.join(provider_slugs())}")
        return value


class ListPart(_Part):
    name: Name
    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=60)
    mode: Mode = Mode.ARTISTS
    account: str
    model: str = Field("", max_length=200)
    on_trouble: OnTrouble = OnTrouble.ASK
    fallbacks: list[str] = []
    lidarr: list[str] = []
    brief: str = Field("", max_length=2000)
    styles: list[str] = []
    discovery: Discovery = Discovery.SIMILAR
    sampling: Sampling = Sampling.BALANCED
    target: int = Field(20, ge=1, le=100)
    minimum_confidence: float = Field(0.6, ge=0.0, le=1.0)
    mbid_required: bool = True
    review: ReviewPolicy = ReviewPolicy.BORDERLINE
    per_artist_cap: int = Field(2, ge=1, le=100)
    sensitivity: Sensitivity = Sensitivity.NORMAL
    max_rounds: int = Field(5, ge=1, le=20)
    rejection_window_days: int = Field(365, ge=0, le=32767)
    suggestion_window_days: int = Field(90, ge=0, le=32767)
    schedule: str = ""
    quiet_from: time | None = None
    quiet_until: time | None = None
    tags: list[str] = []
    enabled: bool = True
    token: str = Field("", pattern=r"^[A-Za-z0-9_-]*$")

    @field_validator("token")
    @classmethod
    def _is_long(cls, value: str) -> str:
        if value and len(value) < 22:
            raise ValueError("a token needs at least 22 characters (128 bits); leave it out to have one made")
        return value


class File(_Part):
    lidarr: list[LidarrPart] = []
    accounts: list[AccountPart] = []
    lists: list[ListPart] = []


def read_file(text: str) -> File:
    """The file's content, checked. Raises FileRefused."""
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise FileRefused(f"This is not YAML: {error}") from error
    try:
        return File.model_validate(content or {})
    except ValidationError as error:
        raise FileRefused("\n".join(_sentence(problem, tree) for problem in error.errors())) from error


@transaction.atomic
def apply(file: File, now: datetime) -> list[RecommendationList]:
    """Create or change what the file names, and leave all else alone. Raises FileRefused; then nothing is changed."""
    for lidarr in file.lidarr:
        _apply_lidarr(lidarr)
    for account in file.accounts:
        _apply_account(account)
    return [_apply_list(part, now) for part in file.lists]


def _apply_lidarr(part: LidarrPart) -> None:
    whose = f"lidarr “{part.name}”"
    try:
        declare_lidarr(part.name, part.url, _secret(part, whose))
    except KeyRefused as error:
        raise FileRefused(f"{whose}: {error}") from error


def _apply_account(part: AccountPart) -> None:
    declare_account(
        part.name,
        part.provider,
        _secret(part, f"account “{part.name}”"),
        base_url=part.base_url.rstrip("/"),
        model=part.model,
        context_window=part.context_window,
        max_output_tokens=part.max_output_tokens,
        temperature=part.temperature,
        structure=part.structure,
        shares=part.shares,
        allows_text_fallback=part.text_fallback,
        base_timeout_seconds=part.timeout_seconds,
    )


def _apply_list(part: ListPart, now: datetime) -> RecommendationList:
    row = RecommendationList.objects.filter(slug=part.slug).first() or RecommendationList(slug=part.slug)
    account_id = _account_id(part.account, part)
    fallbacks = [_account_id(name, part) for name in part.fallbacks]
    connections = find_lidarrs(part.lidarr)
    for name in part.lidarr:
        if name not in connections:
            raise FileRefused(f"list “{part.name}” names the Lidarr “{name}”, which does not exist; declare it.")
    taken = {"slug", "account", "fallbacks", "lidarr", "brief", "mbid_required", "review", "tags", "enabled", "token"}
    for field, value in part.model_dump(exclude=taken).items():
        setattr(row, field, value)
    row.account_id = account_id
    row.wish = part.brief
    row.requires_mbid = part.mbid_required
    row.review_policy = part.review
    row.lidarr_tags = part.tags
    row.is_enabled = part.enabled
    try:
        save_list(row, now, token=part.token)
    except RowInvalid as error:
        raise FileRefused(f"list “{part.name}”: {' '.join(error.messages)}") from error
    set_fallbacks(row, fallbacks)
    row.connections.set(connections.values() or enabled_lidarrs())
    return row


def _account_id(name: str, part: ListPart) -> int:
    account = find_account(name)
    if account is None:
        raise FileRefused(f"list “{part.name}” names the account “{name}”, which does not exist; declare it.")
    return account.pk


def _secret(part: _WithKey, whose: str) -> str:
    try:
        return part.secret()
    except (OSError, UnicodeDecodeError) as error:
        raise FileRefused(f"The api_key_file of {whose} cannot be read ({error}); fix the path.") from error


def _sentence(problem: Mapping[str, Any], tree: yaml.Node | None) -> str:
    path = ".".join(str(step) for step in problem["loc"]) or "the file"
    return f"line {_line(problem['loc'], tree)}: {path}: {problem['msg']}"


def _line(path: tuple[Any, ...], node: yaml.Node | None) -> int:
    """The line of the deepest part of the path that the file has."""
    line = node.start_mark.line + 1 if node else 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            match = next(((key, value) for key, value in node.value if key.value == step), None)
            if match is None:
                break
            line, node = match[0].start_mark.line + 1, match[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line
