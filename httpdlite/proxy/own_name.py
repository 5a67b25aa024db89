"""What the server calls itself for a request: in URLs, on pages, in Via. Pure.

Comes in: the request, its vhost, the client's connection, the settings. Goes out: a name and port,
scheme://host[:port], a Via value. Sources: UseCanonicalName, ProxyVia; as observed with 2.4.71.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from httpdlite.conf.directives.mod_proxy import Via
from httpdlite.proxy.framing import RequestHead
from httpdlite.routes.decide import host_name
from httpdlite.routes.selfname import SelfName, self_authority, self_name
from httpdlite.routes.settings import Settings
from httpdlite.routes.site import Vhost
from httpdlite.version import SERVER

if TYPE_CHECKING:
    from httpdlite.routes.tlsvariables import TlsVariables


ADDS_VIA: Final = (Via.ON, Via.FULL)
"""With these there is a Via of ours."""
_NO_VARIABLES: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Client:
    """What is known of a client connection for as long as it lasts; or of one of its requests.

    ``peer``: the connection as it is, where a proxy in front has said whose it hands on, or a
    request whose it is; ``port`` is 0 then if that is not known. ``is_announced``: the connection
    has begun with a PROXY header.
    """

    ip: str
    port: int
    local_ip: str
    local_port: int
    scheme: str = "http"
    tls: "TlsVariables | None" = field(default=None, compare=False, repr=False)
    peer: "Client | None" = None
    is_announced: bool = False

    @property
    def peer_ip(self) -> str:
        """Where the connection itself comes from."""
        return self.ip if self.peer is None else self.peer.ip

    @property
    def peer_port(self) -> int:
        return self.port if self.peer is None else self.peer.port

    def seen_as(self, ip: str) -> "Client":
        """The client of a request that proxies have handed on for ``ip``."""
        return replace(self, ip=ip, port=0, peer=self.peer or self)

    def ssl(self, name: str, *, is_legacy: bool = False) -> str | None:
        """What mod_ssl says under a name such as SSL_PROTOCOL; ``is_legacy``: with SSLOptions
        LegacyDNStringFormat.
        """
        if self.tls is not None:
            return self.tls.value(name, is_legacy=is_legacy)
        return "off" if name.upper() == "HTTPS" else None

    def tls_variables(self, options: frozenset[str]) -> Mapping[str, str]:
        """What TLS adds to a request's variables, with these SSLOptions."""
        return self.tls.environment(options) if self.tls is not None else _NO_VARIABLES

    @property
    def default_port(self) -> int:
        """The port that a URL need not name."""
        return 443 if self.scheme == "https" else 80


def own_name(request: RequestHead, vhost: Vhost, client: Client, settings: Settings) -> SelfName:
    """What the server calls itself for this request."""
    host = request.host
    return self_name(
        host if host is None or host_name(host) is not None else None,
        vhost.server_name,
        vhost.port,
        canonical=settings.canonical_name,
        physical_port=client.local_port if settings.physical_port else None,
        scheme=vhost.scheme or client.scheme,
    )


def self_url(request: RequestHead, vhost: Vhost, client: Client, settings: Settings) -> str:
    """scheme://host[:port] of this server as the client sees it."""
    name = own_name(request, vhost, client, settings)
    return self_authority(name, vhost.scheme or client.scheme)


def via_value(request: RequestHead, vhost: Vhost, client: Client, settings: Settings) -> bytes:
    """``1.1 name[:port]``, with the product in full; the version is the client's in both
    directions, the name always ServerName. mod_proxy, ProxyVia.
    """
    port = own_name(request, vhost, client, settings).port
    usual = 443 if vhost.scheme == "https" else client.default_port
    shown = vhost.server_name + ("" if port == usual else f":{port}")
    comment = f" ({SERVER})" if settings.via is Via.FULL else ""
    return f"1.{request.minor} {shown}{comment}".encode("latin-1")
