"""Finding servers in the house, from the command line."""

from collections.abc import Sequence
from io import StringIO

import pytest
import yaml
from django.core.management import call_command

from providers.management.commands import find_servers


def _told(monkeypatch: pytest.MonkeyPatch, found: Sequence[tuple[str, str]]) -> tuple[str, str]:
    monkeypatch.setattr(find_servers, "find_local_servers", lambda: found)
    told, warned = StringIO(), StringIO()
    call_command("find_servers", stdout=told, stderr=warned)
    return told.getvalue(), warned.getvalue()


def test_what_is_found_is_printed_in_the_form_that_provision_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    told, _ = _told(monkeypatch, [("ollama", "http://nas:11434")])

    (account,) = yaml.safe_load(told)["accounts"]
    assert (account["provider"], account["base_url"]) == ("ollama", "http://nas:11434")


def test_finding_nothing_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    told, warned = _told(monkeypatch, [])

    assert told == ""
    assert "by hand" in warned
