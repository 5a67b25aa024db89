"""Hosts by name and by address, as Require and allow compare them. Pure.

Comes in: a network, a name or part of one; then requests. Goes out: yes or no; a name has to be
asked for (``HostNameQuestion``). Source: apr_ipsubnet_test, in_domain of mod_authz_host.
"""

from collections.abc import Callable
from typing import cast

from httpdlite.routes.access.questions import AddressesQuestion, HostNameQuestion
from httpdlite.routes.expressions.networks import compile_network, parse_address
from httpdlite.routes.request import Request


def compile_networks(texts: list[str]) -> Callable[[Request], bool]:
    """A function that says whether the client's address is in one of some networks."""
    networks = [compile_network(text) for text in texts]
    if len(networks) == 1:
        network = networks[0]
        return lambda request: network(request.client_ip)

    def has(request: Request) -> bool:
        ip = request.client_ip
        return any(network(ip) for network in networks)

    return has


def client_name(request: Request) -> str | None:
    """The client's name, in small letters, if the name has its address; None if it has none."""
    name = cast("str | None", request.ask(HostNameQuestion(request.client_ip)))
    return name.lower() if name else None


def addresses(request: Request, name: str) -> tuple[str, ...]:
    """The addresses of a host."""
    return cast("tuple[str, ...]", request.ask(AddressesQuestion(name)))


def is_in_domain(domain: str, name: str) -> bool:
    """Is a name, in small letters, that domain or below it? `.a` is what is below `a`."""
    domain = domain.lower()
    if not name.endswith(domain):
        return False
    rest = name[: len(name) - len(domain)]
    return not rest or domain[:1] == "." or rest[-1] == "."


def same_address(one: str, other: str) -> bool:
    """Are two numeric addresses the same, an IPv4 one within IPv6 being IPv4?"""
    first = parse_address(one)
    return first is not None and first == parse_address(other)
