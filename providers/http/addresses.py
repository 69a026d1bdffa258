"""Which addresses we connect to: an owner's private network yes, cloud metadata and link-local never."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# (family, socket address) as `socket.getaddrinfo` returns them.
Target = tuple[int, tuple[Any, ...]]
Resolver = Callable[[str, int], Sequence[Target]]

_METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "metadata.goog"})
_REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "169.254.0.0/16",
        "100.100.100.200/32",  # Alibaba Cloud's metadata server, inside the range many home VPNs use.
        "224.0.0.0/4",
        "255.255.255.255/32",
        "::/128",
        "fe80::/10",
        "ff00::/8",
        "fd00:ec2::254/128",  # AWS's metadata server over IPv6.
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def resolve(host: str, port: int) -> Sequence[Target]:
    """Ask the system's resolver. Raises OSError."""
    return [(family, address) for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def vet(host: str, targets: Sequence[Target]) -> list[Target]:
    """The targets we may connect to; none when the name itself, or every address behind it, is refused."""
    if host.rstrip(".").lower() in _METADATA_NAMES:
        return []
    # A name often has a link-local address beside its real one (mDNS): the rest of its addresses stay usable.
    return [(family, address) for family, address in targets if is_allowed(ipaddress.ip_address(address[0]))]


def is_allowed(address: Address) -> bool:
    """Whether we connect here; an IPv4 address hidden in an IPv6 one is judged as itself."""
    hidden = _hidden(address)
    if hidden is not None and not is_allowed(hidden):
        return False
    plain = ipaddress.ip_address(str(address).partition("%")[0])
    return not any(plain in network for network in _REFUSED)


def _hidden(address: Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
