"""Lists of models, as the vendors themselves publish them."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from providers.contracts import Endpoint, OfferedModel, Price, Structure
from providers.errors import AuthenticationFailed, MalformedAnswer, NotFound
from providers.http import Limits, open_client
from providers.llm.openai_compatible import adapter
from providers.simulators.openai_chat import SimulatedModel, VendorSimulator
from providers.simulators.server import Reply, Request, Simulator

LIMITS = Limits(*[timedelta(seconds=5)] * 4)


class Listing(Simulator):
    body: Any = None

    def answer(self, request: Request) -> Reply:
        return Reply(body=self.body) if isinstance(self.body, bytes) else Reply.of(self.body)


def offered(server: Simulator, key: str = "") -> list[OfferedModel]:
    with open_client("Acme", LIMITS) as client:
        return list(adapter.list_models(client, Endpoint(f"{server.url}/v1", "Acme", key)))


def listed(body: Any) -> list[OfferedModel]:
    with Listing() as server:
        server.body = body
        return offered(server)


def test_ids_and_retirements_are_read() -> None:
    models = [SimulatedModel("new"), SimulatedModel("old", listing={"shutdown_date": "2026-12-11"})]
    with VendorSimulator(models, keys=["k-12345678"]) as server:
        assert offered(server, "k-12345678") == [
            OfferedModel("new"),
            OfferedModel("old", retires_on=date(2026, 12, 11)),
        ]


def test_what_a_gateway_says_of_its_models_is_read() -> None:
    entry = {
        "id": "openai/gpt-6-luna",
        "name": "OpenAI: GPT-6 Luna",
        "context_length": 1050000,
        "top_provider": {"context_length": 1050000, "max_completion_tokens": 128000},
        "supported_parameters": ["max_tokens", "response_format", "structured_outputs"],
        "pricing": {"prompt": "0.0000001", "completion": "0.0000005", "input_cache_read": "0.00000001"},
        "expiration_date": None,
    }
    (model,) = listed({"data": [entry]})

    assert model.price is not None
    assert model == OfferedModel(
        "openai/gpt-6-luna",
        "OpenAI: GPT-6 Luna",
        1050000,
        128000,
        Structure.JSON_SCHEMA,
        Price(Decimal("0.1"), Decimal("0.5"), model.price.read_on, Decimal("0.01")),
    )


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"context_window": 131072, "max_completion_tokens": 65536}, {"context_window": 131072, "max_output": 65536}),
        ({"max_model_len": 32768}, {"context_window": 32768}),
        ({"context_length": None, "name": None, "pricing": "?"}, {}),
        ({"pricing": {"prompt": "-1", "completion": "-1"}}, {}),
        ({"supported_parameters": ["response_format"]}, {"structure": Structure.JSON_OBJECT}),
        ({"supported_parameters": []}, {"structure": Structure.TEXT}),
        ({"shutdown_date": 1796947200}, {"retires_on": date(2026, 12, 11)}),
        ({"shutdown_date": "someday"}, {}),
    ],
)
def test_what_is_not_said_stays_unknown(entry: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    assert listed({"data": [{"id": "m", **entry}]}) == [OfferedModel("m", **expected)]


def test_a_bare_list_and_an_empty_one_are_lists() -> None:
    assert [model.id for model in listed([{"id": "m"}, {"id": "off", "active": False}, {"name": "no id"}])] == ["m"]
    assert listed({"object": "list", "data": None}) == []


@pytest.mark.parametrize("body", [b"<html>sign in</html>", {"models": []}, b'"x"'])
def test_anything_else_is_malformed(body: Any) -> None:
    with pytest.raises(MalformedAnswer):
        listed(body)


def test_a_failed_listing_says_so_and_pretends_nothing() -> None:
    with VendorSimulator(keys=["k-12345678"]) as server, pytest.raises(AuthenticationFailed):
        offered(server, "wrong-key")
    with VendorSimulator() as server:
        server.fault("status", status=404, body="404 page not found")
        with pytest.raises(NotFound):
            offered(server)
