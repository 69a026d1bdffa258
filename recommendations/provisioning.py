"""Declares Lidarr connections, accounts and lists from a YAML file: checked whole, applied whole, as often as liked."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from croniter import croniter
from django.core.exceptions import ValidationError as RowInvalid
from django.db import transaction
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from providers.accounts import (
    KeyRefused,
    check_key,
    declare_account,
    declare_lidarr,
    enabled_lidarrs,
    find_account,
    find_lidarrs,
)
from providers.contracts import ThinkingMode
from providers.errors import SecretUnreadable
from providers.queries import provider_slugs
from recommendations.domain.types import Discovery, Mode, OnTrouble, ReviewPolicy, Sampling, Sensitivity
from recommendations.models import RecommendationList
from recommendations.services.lists import save_list, set_fallbacks

Name = Annotated[str, Field(min_length=1, max_length=100)]

# What pydantic says in its own words, in the owner's.
_SAID = {
    "missing": "is missing",
    "extra_forbidden": "is not a field here; look at its spelling",
    "string_type": "expected text; put it in quotes",
    "list_type": "expected a list; begin each entry with “- ”",
}


class FileRefused(Exception):
    """The file cannot be used; the message names the line, the field and the remedy. Nothing was changed."""


def _address(value: str) -> str:
    try:
        parts = urlsplit(value)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or any(letter.isspace() for letter in value):
        raise ValueError(f"“{value}” is no address; write it like http://server:1234")
    return value.rstrip("/")


Url = Annotated[str, Field(max_length=500), AfterValidator(_address)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, content: Any) -> Any:
        """A field left blank is a field not given."""
        if not isinstance(content, dict):
            raise ValueError("expected fields with their values, like “name: Lidarr”")  # noqa: TRY004 (pydantic wants it)
        return {name: value for name, value in content.items() if value is not None}


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
        """The key itself. Raises OSError or ValueError for a file without one: that is not the same as no key."""
        if self.api_key_file is None:
            return self.api_key
        if key := self.api_key_file.read_text(encoding="utf-8").strip():
            return key
        raise ValueError(f"{self.api_key_file} is empty")


class LidarrPart(_WithKey):
    name: Name = "Lidarr"
    url: Url


class AccountPart(_WithKey):
    name: Name
    provider: str
    model: str = Field("", max_length=200)
    base_url: Annotated[str, Field(max_length=500), AfterValidator(lambda value: value and _address(value))] = ""
    context_window: int | None = Field(None, ge=1024, le=10_000_000)
    max_output_tokens: int | None = Field(None, ge=64, le=1_000_000)
    temperature: float | None = Field(None, ge=0.0, le=2.0)
    structure: Literal["", "json_schema", "json_object", "text"] = ""
    shares: Literal["names", "genres", "nothing"] = "names"
    text_fallback: bool = True
    thinking: ThinkingMode = ThinkingMode.AUTO
    thinking_budget_tokens: int | None = Field(None, ge=0, le=1_000_000)
    timeout_seconds: int = Field(30, ge=5, le=600)

    @field_validator("provider")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in provider_slugs():
            raise ValueError(f"{value!r} is not a provider; choose one of {', '.join(provider_slugs())}")
        return value


class ListPart(_Part):
    name: Name
    slug: str = Field(max_length=60)
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
    token: str = ""

    @field_validator("slug")
    @classmethod
    def _is_slug(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", value):
            raise ValueError(f"“{value}” cannot stand in an address; use a to z, 0 to 9, - and _")
        return value

    @field_validator("schedule")
    @classmethod
    def _is_cron(cls, value: str) -> str:
        if value and not croniter.is_valid(value):
            raise ValueError(f"“{value}” is not cron; “0 4 * * 1”, for example, means Mondays at four")
        return value

    @field_validator("token")
    @classmethod
    def _is_token(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9_-]{22,}", value):
            raise ValueError(
                "a token is 22 or more (128 bits) of A to Z, a to z, 0 to 9, - and _; leave it out to have one made"
            )
        return value


class File(_Part):
    lidarr: list[LidarrPart] = []
    accounts: list[AccountPart] = []
    lists: list[ListPart] = []

    @field_validator("lidarr", "accounts", "lists")
    @classmethod
    def _are_different(cls, parts: list[Any]) -> list[Any]:
        """A second one of the same name would quietly overwrite the first."""
        names = Counter(part.slug if isinstance(part, ListPart) else part.name for part in parts)
        if twice := [name for name, count in names.items() if count > 1]:
            raise ValueError(f"“{twice[0]}” is declared twice; give one another name")
        return parts


class _AsWritten(yaml.SafeLoader):
    """Leaves it to the field what a value means: to YAML 1.1 the time 22:00 is the number 1320, and No is false."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (as PyYAML declares it)
        letter: [(tag, shape) for tag, shape in resolvers if tag.endswith((":null", ":merge"))]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_file(text: str) -> File:
    """The file's content, checked. Raises FileRefused."""
    try:
        tree = yaml.compose(text, Loader=_AsWritten)
        content = yaml.load(text, Loader=_AsWritten)  # noqa: S506 (it is a SafeLoader)
    except yaml.MarkedYAMLError as error:
        # Without the line itself, which may hold a key.
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise FileRefused(f"{line}this is not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise FileRefused(f"This is not YAML: {error}") from error
    if repeated := next(_repeated(tree), None):
        raise FileRefused(f"line {repeated.start_mark.line + 1}: {repeated.value} is given twice; keep one")
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
    whose = f"account “{part.name}”"
    try:
        declare_account(
            part.name,
            part.provider,
            _secret(part, whose),
            base_url=part.base_url,
            model=part.model,
            context_window=part.context_window,
            max_output_tokens=part.max_output_tokens,
            temperature=part.temperature,
            structure=part.structure,
            shares=part.shares,
            allows_text_fallback=part.text_fallback,
            thinking=part.thinking,
            thinking_budget_tokens=part.thinking_budget_tokens,
            base_timeout_seconds=part.timeout_seconds,
        )
    except KeyRefused as error:
        raise FileRefused(f"{whose}: {error}") from error


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
    try:
        row.token.open()
    except SecretUnreadable as error:
        raise FileRefused(f"list “{part.name}”: {error} For a list that is a new token, in its field token.") from error
    return row


def _account_id(name: str, part: ListPart) -> int:
    account = find_account(name)
    if account is None:
        raise FileRefused(f"list “{part.name}” names the account “{name}”, which does not exist; declare it.")
    return account.pk


def _secret(part: _WithKey, whose: str) -> str:
    try:
        return part.secret()
    except (OSError, ValueError) as error:
        raise FileRefused(f"The api_key_file of {whose} cannot be read ({error}); fix the path.") from error


def _repeated(node: yaml.Node | None) -> Iterator[yaml.Node]:
    """Keys that stand in one mapping twice: YAML would keep the last and say nothing."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield key
                seen.add(key.value)
            yield from _repeated(value)


def _sentence(problem: Mapping[str, Any], tree: yaml.Node | None) -> str:
    path = ".".join(str(step) for step in problem["loc"]) or "the file"
    said = _SAID.get(problem["type"], problem["msg"].removeprefix("Value error, "))
    return f"line {_line(problem['loc'], tree)}: {path}: {said}"


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
