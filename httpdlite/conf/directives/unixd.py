"""mod_unixd.c: the user and the group that the server runs as.

In: a name or `#id`. Out: name and id, or httpd's message, which has no position (AH00543).
"""

from dataclasses import dataclass
from typing import Final

from httpdlite.conf.call import SERVER, Call, ConfigError, Module
from httpdlite.conf.files import Kind
from httpdlite.conf.numbers import atoi
from httpdlite.conf.rows import Arity, Takes, directive, judged
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import moot, refused

MODULE: Final = Module("unixd_module", "mod_unixd.c", static=True)


@dataclass(frozen=True, slots=True)
class Account:
    """A user or a group of the system."""

    name: str
    id: int


_AS_ROOT: Final = (
    "Error:\tApache has not been designed to serve pages while\n\trunning as root.  There are "
    "known race conditions that\n\twill allow any local user to read any file on the system.\n\t"
    "If you still desire to serve pages as root then\n\tadd -DBIG_SECURITY_HOLE to the CFLAGS env "
    "variable\n\tand then rebuild the server.\n\tIt is strongly suggested that you instead modify "
    "the User\n\tdirective in your httpd.conf file to list a non-root\n\tuser.\n"
)


def _read_user(call: Call) -> Account:
    name = call.words[0].text
    found = atoi(name[1:]) if name.startswith("#") else call.place.names.user(name)
    if found is None:
        raise _unknown(call, "AH00543", "user")
    if found == 0:
        raise call.error(_AS_ROOT, 0, code="root-user")
    return Account(name, found)


def _read_group(call: Call) -> Account:
    name = call.words[0].text
    found = atoi(name[1:]) if name.startswith("#") else call.place.names.group(name)
    if found is None:
        raise _unknown(call, "AH00544", "group")
    return Account(name, found)


def _unknown(call: Call, number: str, kind: str) -> ConfigError:
    message = f"bad {kind} name {call.words[0].text}"
    return call.error(
        message,
        0,
        code="unknown-user" if kind == "user" else "unknown-group",
        apache=(f"{number}: httpdlite: {message}",),
    )


USER: Final = directive(
    "User",
    Takes(Arity.ONE, _read_user),
    contexts=SERVER,
    doc="The user that requests are served as.",
)
GROUP: Final = directive(
    "Group",
    Takes(Arity.ONE, _read_group),
    contexts=SERVER,
    doc="The group that requests are served as.",
)


def _check_root(call: Call) -> None:
    path = call.words[0].text
    if not path.startswith("/") or call.place.files.kind(path) is not Kind.DIRECTORY:
        raise call.error("ChrootDir must be a valid directory", 0)


_SUEXEC: Final = "/usr/lib/apache2/suexec"  # as Debian builds it


def _check_suexec(call: Call) -> None:
    if lower(call.words[0].text) == "on" and call.place.files.kind(_SUEXEC) is not Kind.FILE:
        raise call.error(f"suEXEC isn't supported: Missing suexec binary {_SUEXEC}", 0)


CHROOT_DIR: Final = judged(
    "ChrootDir",
    Arity.ONE,
    SERVER,
    refused(
        "is not supported",
        "Shut httpdlite into a directory by other means, such as systemd's RootDirectory.",
        protects=True,
    ),
    "The directory that the server shuts itself into.",
    check=_check_root,
)
SUEXEC: Final = judged(
    "Suexec",
    Arity.FLAG,
    SERVER,
    moot("it is about scripts, and none are run here"),
    "Whether scripts run as users of their own.",
    check=_check_suexec,
)
