"""One Brainarr a data folder, one a port, and a message that names the setting."""

import socket
from pathlib import Path

import pytest

from brainarr_site import claims
from brainarr_site.claims import Occupied, check_port, claim_folder


def test_a_claimed_folder_cannot_be_claimed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "_ORPHANS_LAST_SECONDS", 0.2)

    with claim_folder(tmp_path), pytest.raises(Occupied, match="BRAINARR_DATA"):
        claim_folder(tmp_path)

    claim_folder(tmp_path).close()


def test_a_folder_that_cannot_be_written_names_its_setting(tmp_path: Path) -> None:
    with pytest.raises(Occupied, match=r"BRAINARR_DATA is .*gone"):
        claim_folder(tmp_path / "gone")


def test_a_port_in_use_names_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(Occupied, match=f"Port {port} is in use by another program; .*BRAINARR_PORT"):
            check_port("0.0.0.0", port)

    check_port("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_an_address_of_no_interface_names_its_setting(host: str) -> None:
    with pytest.raises(Occupied, match="BRAINARR_HOST"):
        check_port(host, 8787)
