"""Which servers speak TLS.

In: a server of the config tree, and the Listens. Out: yes or no. Rules: ssl_init_Module of httpd
2.4.71, as observed: SSLEngine On, or, in a vhost where nothing is said of SSLEngine, a certificate
and a Listen of its port for https, which that of port 443 is by default. The main server, which has
no addresses, needs SSLEngine.
"""

from collections.abc import Iterable

from httpdlite.conf.directives import mod_ssl, mpm
from httpdlite.conf.tree import ServerConfig


def https_ports(listens: Iterable[mpm.Listen]) -> frozenset[int]:
    """The ports that a Listen says are for https."""
    return frozenset(listen.port for listen in listens if listen.protocol == "https")


def speaks_tls(server: ServerConfig, ports: frozenset[int]) -> bool:
    """Does it speak TLS? `ports`: those for https."""
    said = server.scope.get(mod_ssl.ENGINE)
    return _speaks_by_listen(server, ports) if said is None else said


def _speaks_by_listen(server: ServerConfig, ports: frozenset[int]) -> bool:
    """Does it speak TLS although no SSLEngine says so?"""
    if mod_ssl.ENGINE in server.scope or mod_ssl.CERTIFICATE not in server.scope:
        return False
    own = {address.port for address in server.addresses}
    return bool(ports) and (0 in own or bool(own & ports))
