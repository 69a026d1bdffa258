"""Declares Lidarr connections, accounts and lists from a YAML file: checked whole, applied whole, as often as liked."""

from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from django.core.exceptions import ValidationError as RowInvalid
from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from providers.keys import hint_of, is_placeholder
from providers.models import ApiKey, LidarrConnection, ProviderAccount
from providers.queries import provider_slugs
from recommendations.domain.types import Discovery, Mode, ReviewPolicy, Sampling, Sensitivity
from recommendations.models import RecommendationList
from recommendations.services.lists import save_list

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
        if is_placeholder(value):
            raise ValueError(f"{value!r} is a placeholder; enter the real key")
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
    row = LidarrConnection.objects.filter(name=part.name).first() or LidarrConnection(name=part.name)
    key = _secret(part, f"lidarr “{part.name}”")
    if not key and not row.api_key:
        raise FileRefused(f"lidarr “{part.name}” has no api_key; copy it from Lidarr: Settings → General → Security.")
    row.base_url = part.url.rstrip("/")
    row.is_enabled = True
    if key and (not row.api_key or row.api_key.open() != key):
        row.api_key = key
    row.save()


def _apply_account(part: AccountPart) -> None:
    row = ProviderAccount.objects.filter(name=part.name).first() or ProviderAccount(name=part.name)
    row.provider = part.provider
    row.base_url = part.base_url.rstrip("/")
    row.model = part.model
    row.context_window = part.context_window
    row.max_output_tokens = part.max_output_tokens
    row.temperature = part.temperature
    row.structure = part.structure
    row.shares = part.shares
    row.allows_text_fallback = part.text_fallback
    row.base_timeout_seconds = part.timeout_seconds
    row.is_enabled = True
    row.save()
    key = _secret(part, f"account “{part.name}”")
    if key and key not in [kept.secret.open() for kept in row.keys.all()]:
        row.keys.all().delete()
        ApiKey.objects.create(account=row, secret=key, hint=hint_of(key))


def _apply_list(part: ListPart, now: datetime) -> RecommendationList:
    row = RecommendationList.objects.filter(slug=part.slug).first() or RecommendationList(slug=part.slug)
    account = ProviderAccount.objects.filter(name=part.account).first()
    if account is None:
        raise FileRefused(f"list “{part.name}” names the account “{part.account}”, which does not exist; declare it.")
    connections = [_connection(part, name) for name in part.lidarr]
    taken = {"slug", "account", "lidarr", "brief", "mbid_required", "review", "tags", "enabled", "token"}
    for field, value in part.model_dump(exclude=taken).items():
        setattr(row, field, value)
    row.account = account
    row.wish = part.brief
    row.requires_mbid = part.mbid_required
    row.review_policy = part.review
    row.lidarr_tags = part.tags
    row.is_enabled = part.enabled
    try:
        save_list(row, now, token=part.token)
    except RowInvalid as error:
        raise FileRefused(f"list “{part.name}”: {' '.join(error.messages)}") from error
    row.connections.set(connections or LidarrConnection.objects.filter(is_enabled=True))
    return row


def _connection(part: ListPart, name: str) -> LidarrConnection:
    connection = LidarrConnection.objects.filter(name=name).first()
    if connection is None:
        raise FileRefused(f"list “{part.name}” names the Lidarr “{name}”, which does not exist; declare it.")
    return connection


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
