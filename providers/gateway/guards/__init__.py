"""The guards' state in rows: load, decide, store if nobody was quicker, else again. No row stays locked over a call."""
