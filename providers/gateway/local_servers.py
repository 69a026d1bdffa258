"""Looks for language model servers on the owner's own machines, at the addresses they usually have."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

from providers import registry
from providers.contracts import Endpoint, LanguageAdapter
from providers.errors import ProviderError
from providers.http import GuardedClient, Limits, open_client

# This machine, the machine around a container (by Docker's name and by its usual address), and a Home Assistant box.
HOSTS = ("localhost", "host.docker.internal", "172.17.0.1", "homeassistant.local")
LIMITS = Limits(*[timedelta(seconds=1)] * 4)


def find_local_servers(
    open_: Callable[[str, Limits], GuardedClient] = open_client, hosts: Sequence[str] = HOSTS
) -> list[tuple[str, str]]:
    """(slug, base URL) of every local server that answers with its list of models, in the order of `hosts`.

    Every adapter for a local server is tried on its own port; each try takes at most a second or two, all at once.
    """
    tries = [
        (adapter, _at(adapter.base_url, host))
        for host in hosts
        for adapter in registry.language_adapters().values()
        if adapter.is_local and adapter.base_url
    ]
    with ThreadPoolExecutor(max_workers=max(1, len(tries))) as pool:
        answers = pool.map(lambda place: _answers(open_, *place), tries)
        return [
            (adapter.slug, base_url)
            for (adapter, base_url), has_answered in zip(tries, answers, strict=True)
            if has_answered
        ]


def _answers(open_: Callable[[str, Limits], GuardedClient], adapter: LanguageAdapter, base_url: str) -> bool:
    try:
        with open_(adapter.label, LIMITS) as client:
            adapter.list_models(client, Endpoint(base_url, adapter.label))
    except ProviderError:
        return False
    return True


def _at(base_url: str, host: str) -> str:
    parts = urlsplit(base_url)
    return parts._replace(netloc=f"{host}:{parts.port}").geturl()
