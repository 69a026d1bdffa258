"""What can be an API key at all, and how much of one may be shown."""

PLACEHOLDERS = frozenset({"changeme", "change-me", "your-api-key", "your-api-key-here", "todo", "secret", "api-key"})

# Four characters of a shorter key would be a good part of it.
SHORTEST_HINTED = 12


def is_placeholder(key: str) -> bool:
    """Whether this is what examples write where a key belongs: “changeme”, “<YOUR_API_KEY>”, “xxxx”, “••••”."""
    plain = key.strip(" <>[]{}\"'").casefold().replace("_", "-")
    return plain in PLACEHOLDERS or (bool(key) and len(set(plain)) <= 1)


def hint_of(key: str) -> str:
    """The last four characters, by which an owner with several keys tells them apart; nothing of a short key."""
    return key[-4:] if len(key) >= SHORTEST_HINTED else ""
