"""How log lines look: the message, its fields, and never a secret, whoever wrote it."""

import logging

from providers.redaction import redact_known

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class RedactingFormatter(logging.Formatter):
    """Appends a record's own fields as key=value, then takes out all that is, or looks like, a secret."""

    def format(self, record: logging.LogRecord) -> str:
        fields = [f"{name}={value!r}" for name, value in vars(record).items() if name not in _STANDARD]
        line = super().format(record)
        return redact_known(" ".join([line, *fields]))
