"""The admin of the far side: accounts and keys, Lidarr connections, the ledger of calls."""

from providers.admin import accounts, calls, lidarr

__all__ = ["accounts", "calls", "lidarr"]
