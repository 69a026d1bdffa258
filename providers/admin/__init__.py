"""The admin of the far side: accounts and keys, Lidarr connections, the ledger of calls, the audit of locks."""

from providers.admin import accounts, calls, guards, lidarr, locks

__all__ = ["accounts", "calls", "guards", "lidarr", "locks"]
