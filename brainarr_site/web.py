"""The web server: granian, one process with a few threads."""

from django.conf import settings
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import MPServer

from brainarr_site.front import Front
from brainarr_site.wsgi import application

# Granian logs to stdout unless told otherwise. There is no access log: list tokens are in addresses.
_LOGGING = {
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "generic", "stream": "ext://sys.stderr"}},
    "loggers": {"_granian": {"handlers": ["console"], "propagate": False}},
}


def serve() -> None:
    """Serve until SIGTERM. A worker that dies is replaced; dying twice in a few seconds ends the server with exit 1."""
    MPServer(
        "brainarr_site.wsgi:application",
        address=settings.HOST,
        port=settings.PORT,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=1,
        blocking_threads=settings.WEB_THREADS,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=_LOGGING,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
    ).serve(target_loader=_loaded, wrap_loader=False)


def _loaded() -> Front:
    return application
