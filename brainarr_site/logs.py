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


class Unintended(logging.Filter):
    """Passes over answers of 503: readiness says "not yet" on purpose, every few seconds of a start."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "status_code", None) != 503
