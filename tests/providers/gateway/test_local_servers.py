"""Servers on the owner's own machines are found where they usually are."""

import time

import pytest

from providers.gateway import find_local_servers
from providers.registry import language_adapter
from providers.simulators.ollama_chat import OllamaSimulator
from providers.simulators.openai_chat import VendorSimulator

OLLAMA, LM_STUDIO = language_adapter("ollama"), language_adapter("lm_studio")


def test_who_answers_with_a_list_of_models_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with OllamaSimulator() as ollama, VendorSimulator() as lm_studio:
        monkeypatch.setattr(type(OLLAMA), "base_url", ollama.url.replace("127.0.0.1", "localhost"))
        monkeypatch.setattr(type(LM_STUDIO), "base_url", f"{lm_studio.url}/v1")

        found = find_local_servers(hosts=["localhost", "127.0.0.1"])

        port, other = ollama.url.rpartition(":")[2], lm_studio.url.rpartition(":")[2]
        assert found == [
            ("lm_studio", f"http://localhost:{other}/v1"),
            ("ollama", f"http://localhost:{port}"),
            ("lm_studio", f"http://127.0.0.1:{other}/v1"),
            ("ollama", f"http://127.0.0.1:{port}"),
        ]


def test_nobody_and_somebody_else_are_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with VendorSimulator() as stranger:
        stranger.fault("malformed", times=-1)
        monkeypatch.setattr(type(OLLAMA), "base_url", "http://localhost:1")
        monkeypatch.setattr(type(LM_STUDIO), "base_url", f"{stranger.url}/v1")

        assert find_local_servers(hosts=["127.0.0.1"]) == []


def test_a_host_that_keeps_silent_costs_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    with OllamaSimulator() as silent:
        silent.fault("stall", times=-1, seconds=9)
        monkeypatch.setattr(type(OLLAMA), "base_url", silent.url)
        monkeypatch.setattr(type(LM_STUDIO), "base_url", f"{silent.url}/v1")
        began = time.monotonic()

        assert find_local_servers(hosts=["127.0.0.1"] * 4) == []
        assert time.monotonic() - began < 3
