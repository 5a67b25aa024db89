"""`-k`: commands to a server that is running, found by its PID file.

In: the word, the plan of the configuration as it is now. Out: a signal sent, and the exit status;
or None, if there is nothing running and a start is wanted. Words and statuses are those of httpd
2.4.71 (config-syntax "Command line"); what is different is that a PID file with a number below 2
is refused (a signal to process 0 would end the caller's own group).
"""

import json
import os
import signal
from collections.abc import Callable
from typing import Final, TextIO

from httpdlite.cli.findings import PROGRAM
from httpdlite.conf.tree import Config
from httpdlite.routes.changes import TunnelKey, Tunnels, as_data, as_lines, changes_between
from httpdlite.routes.compiling import compile_site
from httpdlite.routes.publication import Plan, plan_of
from httpdlite.serve import pidfile
from httpdlite.serve.control import NobodyThereError, ask
from httpdlite.serve.log_opening import describe_os_error
from httpdlite.serve.rereading import load_site

Print = Callable[[str], None]

SIGNALS: Final = {
    "stop": signal.SIGTERM,
    "graceful-stop": signal.SIGWINCH,
    "restart": signal.SIGHUP,
    "graceful": signal.SIGUSR1,
}
_STARTING: Final = ("restart", "graceful")


def signal_server(word: str, plan: Plan, out: TextIO, say: Print) -> int | None:
    """Send the word's signal. The exit status; None: a start is to follow."""
    try:
        pid = pidfile.read_pid(plan.pid_file)
    except pidfile.PidFileError as failed:
        print("\n".join(failed.lines), file=out)
        return 1
    if pid is None or not pidfile.is_running(pid):
        if word in _STARTING:
            say("httpd not running, trying to start\n")
            return None
        shown = "no pid file" if pid is None else f"pid {pid}?"
        say(f"httpd ({shown}) not running\n")
        if plan.pid_file is None:
            print(f"{PROGRAM}: the configuration names no PidFile to find it by", file=out)
        return 0
    try:
        os.kill(pid, SIGNALS[word])
    except OSError as failed:
        print(
            f"{describe_os_error(failed)}: AH00057: {PROGRAM}: sending signal to server", file=out
        )
        return 1
    return 0


def preview(config: Config, host_name: str, out: TextIO, say: Print, *, as_json: bool) -> int:
    """What `-k graceful` would change in the running server; the exit status."""
    plan = plan_of(config, host_name)
    if plan.control is None:
        text = "there is no control socket to ask: give a PidFile or HttpdliteControlSocket"
        print(f"{PROGRAM}: {text}", file=out)
        return 1
    try:
        _, publication = ask(plan.control, "publication")
        answer, _ = ask(plan.control, "tunnels")
    except NobodyThereError as why:
        print(f"{PROGRAM}: the running server cannot be asked: {why}", file=out)
        return 1
    if publication is None:
        print(f"{PROGRAM}: the running server gave no configuration", file=out)
        return 1
    new = compile_site(config, host_name)
    changes = changes_between(load_site(publication), new)
    counts = {TunnelKey.from_text(key): int(count) for key, count in answer["tunnels"]}
    tunnels = Tunnels(counts, new)
    if as_json:
        data = {"changes": as_data(changes, tunnels), "tunnels closed": tunnels.closed}
        say(json.dumps(data, indent=2) + "\n")
        return 0
    for line in as_lines(changes, tunnels):
        say(line + "\n")
    say(f"{tunnels.closed} of {sum(counts.values())} live tunnels would be closed\n")
    return 0
