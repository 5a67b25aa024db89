"""What the access phase has to ask of others, since it may take time (``Request.ask``).

Comes in: nothing. Goes out: the kinds of questions, with the types of their answers. Each answer
depends on its question alone.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PasswordQuestion:
    """Is it the password of that hash? The answer is a bool: ``passwords.check_password``, which
    computes; never show one.
    """

    stored: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HostNameQuestion:
    """What is the host at that numeric address called? The answer is a name that, looked up, has
    this address among its own; None if there is none (httpd's double reverse look-up).
    """

    ip: str


@dataclass(frozen=True, slots=True)
class AddressesQuestion:
    """Which addresses has a host name, or a numeric address? The answer is a tuple of numeric
    addresses in the resolver's order, empty if there is none.
    """

    name: str
