"""From root to User and Group, for whoever serves.

Comes in: the accounts that the configuration names. Goes out: a process with no more rights than
theirs, or ``PrivilegeError``. Source: mod_unixd (ap_unixd_setup_child).
"""

import os
import pwd

from httpdlite.conf.directives.unixd import Account


class PrivilegeError(Exception):
    """User or Group cannot be taken on; str() is the line for the log."""


def drop_privileges(user: Account | None, group: Account | None) -> None:
    """Only root can: become Group (else the user's own), then User with its other groups. Without
    User root stays root. Raises PrivilegeError.
    """
    if os.geteuid() != 0:
        return
    try:
        if user is not None:
            entry = pwd.getpwuid(user.id)
            number = group.id if group is not None else entry.pw_gid
            os.setgid(number)
            os.initgroups(entry.pw_name, number)
            os.setuid(user.id)
        elif group is not None:
            os.setgroups([])
            os.setgid(group.id)
    except KeyError as failed:
        name = user.name if user is not None else "-"
        raise PrivilegeError(f"AH02155: no user {name} in the user database") from failed
    except (OSError, ValueError, OverflowError) as failed:
        name = user.name if user is not None else "-"
        raise PrivilegeError(f"AH02162: cannot become user {name}: {failed}") from failed
