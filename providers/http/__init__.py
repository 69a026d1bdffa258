"""The only way out of the house over HTTP: guarded addresses, bounded answers, one error tree, no secret in any word.

Proxies from the environment are not used: the guard vouches for the address it connects to, and a proxy would connect
elsewhere. `SSL_CERT_FILE` and `SSL_CERT_DIR` are honored, so that an owner's own certificate authority works.
"""

from providers.http.client import GuardedClient, open_client
from providers.http.sockets import Limits
from providers.http.translation import translate
from providers.redaction import redact

__all__ = ["GuardedClient", "Limits", "open_client", "redact", "translate"]
