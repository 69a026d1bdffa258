"""The owner's file: applied whole or not at all, as often as liked, and every fault by its line."""

import json
from collections.abc import Sequence
from datetime import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from providers.models import ApiKey, LidarrConnection, ProviderAccount, Sealed
from recommendations.models import PublishedList, RecommendationList
from recommendations.provisioning import FileRefused, apply, read_file
from tests.factories import NOW

pytestmark = pytest.mark.django_db

FILE = """\
lidarr:
  - name: Attic
    url: http://attic:8686/lidarr/
    api_key: 0123456789abcdef0123456789abcdef
accounts:
  - name: Groq, free
    provider: groq
    model: llama
    api_key: gsk_0123456789abcdef
lists:
  - name: Quiet
    slug: quiet
    account: Groq, free
    lidarr: [Attic]
    brief: more like Talk Talk, less metal
    target: 20
    minimum_confidence: 0.7
    schedule: 0 4 * * 1
    quiet_from: 22:00
    quiet_until: 03:30
    mbid_required: no
"""


def _provision(file: str, folder: Path) -> list[dict[str, Any]]:
    path = folder / "brainarr.yaml"
    path.write_text(file, encoding="utf-8")
    out = StringIO()
    call_command("provision", str(path), stdout=out)
    told: dict[str, list[dict[str, Any]]] = json.loads(out.getvalue())
    return told["lists"]


def _refusal(file: str) -> str:
    with pytest.raises(FileRefused) as refused:
        apply(read_file(file), NOW)
    return str(refused.value)


def test_everything_the_file_names_is_there_afterwards(tmp_path: Path) -> None:
    (told,) = _provision(FILE, tmp_path)

    lidarr, account, list_ = (
        LidarrConnection.objects.get(),
        ProviderAccount.objects.get(),
        RecommendationList.objects.get(),
    )
    assert (lidarr.base_url, lidarr.api_key.open()) == ("http://attic:8686/lidarr", "0123456789abcdef0123456789abcdef")
    assert (account.provider, account.model) == ("groq", "llama")
    assert [key.secret.open() for key in account.keys.all()] == ["gsk_0123456789abcdef"]
    assert (list_.wish, list_.target, list_.minimum_confidence) == ("more like Talk Talk, less metal", 20, 0.7)
    assert (list_.quiet_from, list_.quiet_until, list_.requires_mbid) == (time(22), time(3, 30), False)
    assert list(list_.connections.all()) == [lidarr]
    assert list_.next_run_at is not None
    assert told["url"].endswith(f"/lists/quiet?apikey={list_.token.open()}")
    assert bytes(PublishedList.objects.get().custom) == b"[]"


def test_a_list_may_say_what_it_does_in_trouble_and_whom_it_asks_next(tmp_path: Path) -> None:
    others = "".join(f"  - {{name: {name}, provider: demo}}\n" for name in ("Second", "Third"))
    chain = "    on_trouble: automatic\n    fallbacks: [Third, Second]\n"

    _provision(FILE.replace("lists:\n", f"{others}lists:\n") + chain, tmp_path)

    list_ = RecommendationList.objects.get()
    assert list_.on_trouble == "automatic"
    assert [link.account.name for link in list_.chain.all()] == ["Third", "Second"]
    _provision(FILE, tmp_path)
    list_.refresh_from_db()
    assert (list_.on_trouble, list_.chain.count()) == ("ask", 0)
    assert "“Nobody”, which does not exist" in _refusal(FILE + "    fallbacks: [Nobody]\n")


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    first = _provision(FILE, tmp_path)
    rows = [
        list(kind.objects.order_by("pk").values())
        for kind in (LidarrConnection, ProviderAccount, ApiKey, RecommendationList, PublishedList)
    ]

    second = _provision(FILE, tmp_path)

    assert second == first
    assert rows == [
        list(kind.objects.order_by("pk").values())
        for kind in (LidarrConnection, ProviderAccount, ApiKey, RecommendationList, PublishedList)
    ]


def test_what_a_later_file_changes_is_changed_and_the_token_stays(tmp_path: Path) -> None:
    (first,) = _provision(FILE, tmp_path)

    (second,) = _provision(FILE.replace("target: 20", "target: 30").replace("gsk_0123", "gsk_9876"), tmp_path)

    assert second["token"] == first["token"]
    assert RecommendationList.objects.get().target == 30
    assert [key.secret.open() for key in ApiKey.objects.all()] == ["gsk_9876456789abcdef"]


def test_a_declared_token_is_the_lists_token(tmp_path: Path) -> None:
    token = "a-token-of-22-letters-"

    (told,) = _provision(f"{FILE}    token: {token}\n", tmp_path)

    assert told["token"] == RecommendationList.objects.get().token.open() == token


def test_keys_may_come_from_files_and_be_left_out_later(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("0123456789abcdef-from-a-file\n")
    from_file = FILE.replace("api_key: 0123456789abcdef0123456789abcdef", f"api_key_file: {tmp_path / 'key'}")
    _provision(from_file, tmp_path)

    _provision(FILE.replace("    api_key: 0123456789abcdef0123456789abcdef\n", ""), tmp_path)

    assert LidarrConnection.objects.get().api_key.open() == "0123456789abcdef-from-a-file"


def test_a_key_that_no_longer_opens_can_be_entered_again(tmp_path: Path) -> None:
    _provision(FILE, tmp_path)
    LidarrConnection.objects.update(api_key=Sealed("v1:sealed with a lost key"))
    ApiKey.objects.update(secret=Sealed("v1:sealed with a lost key"))

    _provision(FILE, tmp_path)

    assert LidarrConnection.objects.get().api_key.open() == "0123456789abcdef0123456789abcdef"
    assert ApiKey.objects.get().secret.open() == "gsk_0123456789abcdef"


def test_a_token_that_no_longer_opens_needs_a_new_one(tmp_path: Path) -> None:
    _provision(FILE, tmp_path)
    RecommendationList.objects.update(token=Sealed("v1:sealed with a lost key"))

    assert "list “Quiet”: A stored secret does not open" in _refusal(FILE)
    assert _provision(f"{FILE}    token: {'t' * 30}\n", tmp_path)[0]["token"] == "t" * 30


def test_standard_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(FILE))

    call_command("provision", "-", stdout=StringIO())

    assert RecommendationList.objects.get().slug == "quiet"


FAULTS = {
    "no address": ("url: http://attic:8686/lidarr/", "url: attic:8686", 3, "lidarr.0.url", "http://server:1234"),
    "no host": ("url: http://attic:8686/lidarr/", "url: http:///lidarr", 3, "lidarr.0.url", "http://server:1234"),
    "a blank name": ("name: Attic", "name: ''", 2, "lidarr.0.name", "at least 1 character"),
    "a placeholder": ("api_key: gsk_0123456789abcdef", "api_key: your-api-key-here", 9, "api_key", "placeholder"),
    "another placeholder": ("api_key: 0123456789abcdef0123456789abcdef", "api_key: CHANGEME", 4, "api_key", "real key"),
    "no such provider": ("provider: groq", "provider: grok", 7, "accounts.0.provider", "choose one of"),
    "a missing field": ("    slug: quiet\n", "", 11, "lists.0.slug", "is missing"),
    "a misspelt field": ("target: 20", "targets: 20", 16, "lists.0.targets", "not a field here"),
    "no number": ("target: 20", "target: many", 16, "lists.0.target", "valid integer"),
    "too much": ("target: 20", "target: 101", 16, "lists.0.target", "less than or equal to 100"),
    "a bad share": (
        "minimum_confidence: 0.7",
        "minimum_confidence: 70",
        17,
        "minimum_confidence",
        "less than or equal",
    ),
    "no slug": ("slug: quiet", "slug: Quiet List", 12, "lists.0.slug", "a to z, 0 to 9"),
    "no cron": ("schedule: 0 4 * * 1", "schedule: mondays", 18, "lists.0.schedule", "0 4 * * 1"),
    "no time": ("quiet_from: 22:00", "quiet_from: 25:00", 19, "lists.0.quiet_from", "time"),
    "no truth": ("mbid_required: no", "mbid_required: perhaps", 21, "lists.0.mbid_required", "boolean"),
    "no mode": ("brief: more like", "mode: songs\n    brief: more like", 15, "lists.0.mode", "'artists' or 'albums'"),
    "a short token": ("target: 20", "token: short", 16, "lists.0.token", "22 or more"),
    "no list": ("lidarr: [Attic]", "lidarr: Attic", 14, "lists.0.lidarr", "expected a list"),
    "given twice": ("target: 20", "target: 20\n    target: 30", 17, "target", "given twice"),
    "no fields": ("  - name: Groq, free\n", "  - Groq\n  - name: Groq, free\n", 6, "accounts.0", "name: Lidarr"),
}


@pytest.mark.parametrize(("was", "becomes", "line", "field", "remedy"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_line_its_field_and_what_is_expected(
    was: str, becomes: str, line: int, field: str, remedy: str
) -> None:
    said = _refusal(FILE.replace(was, becomes))

    assert said.startswith(f"line {line}: ")
    assert field in said
    assert remedy in said
    assert "\n" not in said
    assert not LidarrConnection.objects.exists()


def test_every_fault_is_told_at_once() -> None:
    said = _refusal(FILE.replace("target: 20", "target: 0").replace("provider: groq", "provider: grok"))

    assert [line.partition(":")[0] for line in said.splitlines()] == ["line 7", "line 16"]


UNREADABLE: Sequence[tuple[str, str]] = (
    ("lidarr: [", "line 1: this is not YAML"),
    ("lidarr:\n\t- name: x", "line 2: this is not YAML"),
    ("just words", "line 1: the file: expected fields"),
    ("- a\n- list", "line 1: the file: expected fields"),
    ("lists:\n  - name: a\n   slug: b", "line 3: this is not YAML"),
    ("lists: !!python/object/apply:os.system [true]", "line 1: this is not YAML"),
    ("\x00\x01", "This is not YAML"),
    ("%PDF-1.7 …", "line 1: this is not YAML"),
)


@pytest.mark.parametrize(("file", "said"), UNREADABLE)
def test_what_is_no_file_of_ours_is_refused_in_a_sentence(file: str, said: str) -> None:
    assert _refusal(file).startswith(said)


def test_an_empty_file_asks_for_nothing_and_gets_it(tmp_path: Path) -> None:
    assert _provision("", tmp_path) == []


def test_a_broken_line_with_a_key_in_it_is_not_repeated() -> None:
    assert "gsk_0123456789" not in _refusal(FILE.replace("    api_key: gsk", "     api_key: gsk"))


def test_one_name_for_two_things_is_refused() -> None:
    twice = FILE.replace("lists:\n", "  - {name: 'Groq, free', provider: openai}\nlists:\n")

    assert "“Groq, free” is declared twice" in _refusal(twice)


def test_a_key_and_a_key_file_are_one_too_many(tmp_path: Path) -> None:
    both = FILE.replace("    model: llama\n", f"    api_key_file: {tmp_path / 'key'}\n")

    assert "keep one" in _refusal(both)


def test_a_secret_file_that_cannot_be_used_never_passes_for_no_key(tmp_path: Path) -> None:
    declared = FILE.replace("    api_key: gsk_0123456789abcdef\n", f"    api_key_file: {tmp_path / 'key'}\n")
    said = [_refusal(declared)]
    (tmp_path / "key").mkdir()
    said.append(_refusal(declared))
    (tmp_path / "key").rmdir()
    (tmp_path / "key").write_bytes(b"\xff\xfe\x00")
    said.append(_refusal(declared))
    (tmp_path / "key").write_text("\n")
    said.append(_refusal(declared))

    assert all("api_key_file of account “Groq, free” cannot be read" in each for each in said)
    assert said[3].endswith("is empty); fix the path.")


def test_a_placeholder_in_a_secret_file_is_no_key_either(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("changeme\n")
    declared = FILE.replace("    api_key: gsk_0123456789abcdef\n", f"    api_key_file: {tmp_path / 'key'}\n")

    assert "account “Groq, free”: “changeme” is a placeholder" in _refusal(declared)


REFERENCES = {
    "account": ("account: Groq, free", "account: Grok", "“Grok”, which does not exist"),
    "Lidarr": ("lidarr: [Attic]", "lidarr: [Cellar]", "“Cellar”, which does not exist"),
    "key": ("    api_key: 0123456789abcdef0123456789abcdef\n", "", "Settings → General → Security"),
    "moment": ("quiet_until: 03:30", "quiet_until: 06:30", "Every moment of this schedule lies in the quiet hours"),
}


@pytest.mark.parametrize(("was", "becomes", "said"), REFERENCES.values(), ids=REFERENCES)
def test_a_file_that_fails_half_way_changes_nothing(was: str, becomes: str, said: str) -> None:
    assert said in _refusal(FILE.replace(was, becomes))

    for kind in (LidarrConnection, ProviderAccount, ApiKey, RecommendationList, PublishedList):
        assert not kind.objects.exists()


def test_the_command_says_which_file_was_not_applied(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"brainarr\.yaml was not applied\.\nline 16: lists\.0\.target"):
        _provision(FILE.replace("target: 20", "target: 0"), tmp_path)
    with pytest.raises(CommandError, match=r"nowhere\.yaml cannot be read"):
        call_command("provision", str(tmp_path / "nowhere.yaml"))


def test_a_name_may_be_a_word_that_yaml_takes_for_something_else(tmp_path: Path) -> None:
    _provision(FILE.replace("name: Quiet", "name: No").replace("model: llama", "model: 1e3"), tmp_path)

    assert RecommendationList.objects.get().name == "No"
    assert ProviderAccount.objects.get().model == "1e3"
