"""The command `httpdlite`: options in, an exit status out. It alone prints.

What stands where, as in httpd: findings and `Syntax OK` on standard error, what was asked for (-v,
-S, -M …) on standard output. A configuration test imports nothing that only serving needs. Rules:
server/main.c of httpd 2.4.71; exit statuses 0 and 1.
"""

import gc
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Final, TextIO

from httpdlite.cli.findings import PROGRAM, finish_test, report, say_refused, would_start
from httpdlite.cli.options import USAGE, Options, UsageError, parse_options
from httpdlite.cli.system import SystemNames
from httpdlite.conf.directives import core
from httpdlite.conf.files import DiskFiles, absolute
from httpdlite.conf.reader import ConfigSource, Reading, read_config
from httpdlite.conf.tree import Config
from httpdlite.diagnostics import escape, first_error


def run() -> None:
    """The console script."""
    _open_standard_streams()
    sys.exit(main(sys.argv[1:]))


def _open_standard_streams() -> None:
    """A closed standard stream becomes the null device: else Python has none, and the next file or
    socket that is opened gets its number.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")


def main(arguments: Sequence[str]) -> int:
    """Runs the command. No traceback reaches a user, unless HTTPDLITE_DEBUG asks for it."""
    try:
        if arguments and arguments[0] == "demo":
            from httpdlite.demo import main as demo  # noqa: PLC0415 - needs trio

            return demo(list(arguments[1:]))
        if arguments and arguments[0] == "explain-code":
            from httpdlite.cli.explain import main as explain  # noqa: PLC0415 - long texts

            return explain(arguments[1:])
        return _main(arguments)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _forget_output()
        return 1
    except (OSError, UnicodeError) as why:
        print(f"{PROGRAM}: {escape(_reason(why))}", file=sys.stderr)
        return 1
    except Exception as why:
        if os.environ.get("HTTPDLITE_DEBUG"):
            raise
        what = f"{type(why).__name__}: {escape(str(why))}"
        print(f"{PROGRAM}: this is a fault of httpdlite itself: {what}", file=sys.stderr)
        print("Run it with HTTPDLITE_DEBUG=1 to see where, and tell us.", file=sys.stderr)
        return 1


def _reason(why: OSError | UnicodeError) -> str:
    if isinstance(why, OSError) and why.filename and why.strerror:
        return f"{why.filename}: {why.strerror}"
    return str(why)


def _forget_output() -> None:
    """Nobody reads any more: keeps the interpreter from trying once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _main(arguments: Sequence[str]) -> int:
    try:
        options = parse_options(arguments)
    except UsageError as why:
        if why.line:
            print(f"{PROGRAM}: {why.line}", file=sys.stderr)
        print(USAGE, file=sys.stderr, end="")
        return 1
    server_root = absolute(str(Path.cwd()), options.server_root or "")
    if options.ask:
        return _answer(options.ask, server_root)
    with _startup_log(options.startup_log) as out:
        return _start(options, server_root, out)


def _answer(letter: str, server_root: str) -> int:
    from httpdlite.cli import dumps  # noqa: PLC0415 - seldom wanted

    match letter:
        case "v":
            text = dumps.version()
        case "V":
            text = dumps.compile_settings(server_root)
        case "l":
            text = dumps.compiled_modules()
        case "L":
            text = dumps.directives()
        case _:
            print(USAGE, file=sys.stderr, end="")
            return 1
    _print(text)
    return 0


class _startup_log:  # noqa: N801 - used like a function
    """Standard error, or the file of -E; a file that cannot be opened is only complained of."""

    def __init__(self, path: str | None) -> None:
        self.path = path
        self.file: TextIO | None = None

    def __enter__(self) -> TextIO:
        if self.path is None:
            return sys.stderr
        try:
            self.file = Path(self.path).open("a", encoding="utf-8", errors="backslashreplace")
        except OSError as why:
            complaint = f"AH00086: {PROGRAM}: could not open error log file {escape(self.path)}."
            print(f"({why.errno}){why.strerror}: {complaint}", file=sys.stderr)
        return self.file or sys.stderr

    def __exit__(self, *_: object) -> None:
        if self.file is not None:
            self.file.close()


def find_source(options: Options, server_root: str) -> ConfigSource:
    """The configuration that the options mean: -f, else httpd.conf, else conf.d/*.conf."""
    path, drop_ins = absolute(server_root, options.file or "httpd.conf"), False
    if options.file is None and not Path(path).exists():
        folder = Path(server_root) / "conf.d"
        if folder.is_dir():
            path, drop_ins = str(folder / "*.conf"), True
    return ConfigSource(
        path=path,
        server_root=server_root,
        defines=tuple(options.defines),
        before=tuple(options.before),
        after=tuple(options.after),
        environment=dict(os.environ),
        drop_ins=drop_ins,
        folder=str(Path.cwd()),
        waived=tuple(options.waived),
        checks_document_roots=options.checks_document_roots,
        now=time.time(),
    )


def _start(options: Options, server_root: str, out: TextIO) -> int:
    reading = _read(find_source(options, server_root))
    if options.report and not options.test:
        return _report(reading, options)
    dumps_wanted = _dumps(reading, options.defines) if options.test else ""
    apache_error = first_error(reading.diagnostics)
    if dumps_wanted and apache_error is None:
        options.format = "text"  # standard output is the dump's
    form = options.format
    if options.preview and reading.config is not None:
        options.format = "text"  # standard output is the preview's
    report(reading, options, out, _print)
    options.format = form
    if options.report:
        _report(reading, options)
    if dumps_wanted and apache_error is None:
        _print(dumps_wanted)
        return 0
    if options.test:
        return finish_test(reading, options, out)
    if reading.config is None:
        say_refused(reading, out, "nothing was done" if options.command else "not started")
        return 1
    out.flush()
    if options.command not in (None, "start"):
        status = _command(reading.config, options, out)
        if status is not None:
            return status
    return _serve(reading.config, options, server_root, out)


def _report(reading: Reading, options: Options) -> int:
    """The migration report; the status is that of -t."""
    from httpdlite.cli.reports import give_report  # noqa: PLC0415 - seldom wanted

    give_report(reading, options, sys.stdout)
    return 0 if would_start(reading) else 1


def _read(source: ConfigSource) -> Reading:
    """Reads the configuration with the garbage collector at rest: all of it is to stay anyway.

    10,000 vhosts take a third less time so.
    """
    gc.disable()
    try:
        return read_config(source, DiskFiles(), SystemNames())
    finally:
        gc.enable()


def _dumps(reading: Reading, names: Iterable[str]) -> str:
    """What -D DUMP_… asks for."""
    if not any(name.startswith("DUMP_") for name in names):
        return ""
    from httpdlite.cli import dumps  # noqa: PLC0415 - seldom wanted

    return dumps.wanted(reading, names, SystemNames())


def _command(config: Config, options: Options, out: TextIO) -> int | None:
    """A word of -k for a running server; None: it is to be started."""
    from httpdlite.cli import commands  # noqa: PLC0415 - not for -t
    from httpdlite.routes.publication import plan_of  # noqa: PLC0415

    name = _host_name()
    if options.preview:
        as_json = options.format == "json"
        return commands.preview(config, name, out, _print, as_json=as_json)
    assert options.command is not None
    return commands.signal_server(options.command, plan_of(config, name), out, _print)


_STAYS: Final = frozenset(("FOREGROUND", "NO_DETACH", "ONE_PROCESS", "DEBUG"))


def _serve(config: Config, options: Options, server_root: str, out: TextIO) -> int:
    from httpdlite.serve.server import (  # noqa: PLC0415 - serving only
        AlreadyRunningError,
        Start,
        StartError,
        serve,
    )

    source = find_source(options, server_root)

    def read_again() -> tuple[Config | None, tuple[str, ...]]:
        reading = _read(replace(source, now=time.time()))
        said = StringIO()
        if reading.config is None:
            report(reading, options, said, _print)
            say_refused(reading, said, "nothing has changed")
        return reading.config, tuple(said.getvalue().splitlines())

    start = Start(
        config,
        _host_name(),
        _command_line(),
        is_alone=not {"ONE_PROCESS", "DEBUG"}.isdisjoint(options.defines),
        detaches=options.command is not None and _STAYS.isdisjoint(options.defines),
        read_again=read_again,
    )
    if start.detaches and core.PID_FILE not in config.main.scope:
        print(f"{PROGRAM}: no PidFile is given: -k will not find this server again", file=out)
    try:
        return serve(start)
    except AlreadyRunningError as why:
        _print(f"{why}\n")
        return 0
    except StartError as why:
        print("\n".join(why.lines), file=out)
        return 1


def _host_name() -> str:
    return SystemNames().own_name() or "127.0.0.1"  # as AH00558 says


def _command_line() -> str:
    """As it was given, without -k and its word, as in Apache."""
    words = list(sys.argv)
    if "-k" in words:
        at = words.index("-k")
        del words[at : at + 2]
    return " ".join(words)


def _print(text: str) -> None:
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.flush()
