"""Which addresses we connect to, and that the one vetted is the one connected to."""

import socket
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address

import pytest

from providers.errors import AddressRefused, ConnectionFailed
from providers.http import Limits, open_client
from providers.http.addresses import Target, is_allowed
from providers.simulators.server import Reply, Request, Simulator

LIMITS = Limits(*[timedelta(seconds=2)] * 4)


class Hello(Simulator):
    def answer(self, request: Request) -> Reply:
        return Reply.of({"host": request.headers["host"]})


def at(*addresses: str) -> list[Target]:
    return [
        (socket.AF_INET6, (address, 80, 0, 0)) if ":" in address else (socket.AF_INET, (address, 80))
        for address in addresses
    ]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "10.0.0.5",
        "192.168.1.10",
        "172.30.32.1",
        "100.64.0.7",
        "fd12:3456::1",
        "1.1.1.1",
        "2606:4700::1",
    ],
)
def test_an_owners_own_network_and_the_internet_are_reachable(address: str) -> None:
    assert is_allowed(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.1.1",
        "100.100.100.200",
        "0.0.0.0",
        "0.1.2.3",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ],
)
def test_metadata_and_link_local_addresses_are_refused_in_every_disguise(address: str) -> None:
    assert not is_allowed(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fe80::1]/",
        "http://0.0.0.0/",
        "http://metadata.google.internal/computeMetadata/v1/",
        "http://METADATA.google.internal./",
        "ftp://example.org/",
        "/api/v1/system/status",
        "file:///etc/passwd",
    ],
)
def test_a_refused_url_is_never_connected_to(url: str) -> None:
    def resolver(host: str, port: int) -> Sequence[Target]:
        if host.lower().startswith("metadata"):
            return at("127.0.0.1")
        return [
            (family, address) for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        ]

    with open_client("Lidarr", LIMITS, resolver=resolver) as client, pytest.raises(AddressRefused):
        client.get(url)


def test_a_name_that_changes_its_address_after_the_check_gains_nothing() -> None:
    asked: list[str] = []

    with Hello() as server:
        port = int(server.url.rpartition(":")[2])

        def rebinding(host: str, _: int) -> Sequence[Target]:
            asked.append(host)
            address = "127.0.0.1" if len(asked) == 1 else "169.254.169.254"
            return [(socket.AF_INET, (address, port))]

        with open_client("Lidarr", LIMITS, resolver=rebinding) as client:
            answer = client.get(f"http://rebind.example:{port}/")

    assert answer.json() == {"host": f"rebind.example:{port}"}
    assert asked == ["rebind.example"]


def test_a_name_that_points_at_metadata_is_refused() -> None:
    with (
        open_client("Lidarr", LIMITS, resolver=lambda host, port: at("169.254.169.254")) as client,
        pytest.raises(AddressRefused, match=r"evil\.example"),
    ):
        client.get("http://evil.example/")


def test_a_link_local_address_beside_a_good_one_is_passed_over() -> None:
    with Hello() as server:
        port = int(server.url.rpartition(":")[2])
        targets = [(socket.AF_INET6, ("fe80::1", port, 0, 2)), (socket.AF_INET, ("127.0.0.1", port))]
        with open_client("Lidarr", LIMITS, resolver=lambda host, port: targets) as client:
            assert client.get(f"http://nas.local:{port}/").status_code == 200


def test_the_second_address_is_tried_when_the_first_is_dead() -> None:
    with Hello() as server:
        port = int(server.url.rpartition(":")[2])
        targets = [(socket.AF_INET, ("127.0.0.1", 1)), (socket.AF_INET, ("127.0.0.1", port))]
        with open_client("Lidarr", LIMITS, resolver=lambda host, port: targets) as client:
            assert client.get(f"http://nas.local:{port}/").status_code == 200


def test_an_unknown_name_is_a_failed_connection_that_names_it() -> None:
    def nowhere(host: str, port: int) -> Sequence[Target]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with (
        open_client("Lidarr", LIMITS, resolver=nowhere) as client,
        pytest.raises(ConnectionFailed, match=r"lidarr\.lan could not be resolved: Name or service not known"),
    ):
        client.get("http://lidarr.lan/")
