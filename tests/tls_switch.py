"""TLS switched on in the conf stage, whatever tls_switch.py says, for tests of what then is."""

import pytest

from httpdlite.conf import checks, tls_checks
from httpdlite.conf.directives import mod_proxy, mod_ssl_proxy, ssl_refusals


def switch_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the test is over. The standings of rows stay as they are."""
    for module in (checks, tls_checks, mod_proxy, mod_ssl_proxy, ssl_refusals):
        for name in ("SERVES_TLS", "TLS_TO_WORKERS"):
            if name in vars(module):
                monkeypatch.setattr(module, name, True)
