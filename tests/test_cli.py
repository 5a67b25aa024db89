"""The command line: what is printed where, and the exit status, as httpd's."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from httpdlite.cli import find_source, main
from httpdlite.cli.options import Options, UsageError, parse_options
from httpdlite.version import SERVER

CHECKOUT = Path(__file__).resolve().parents[1]

GOOD = "ServerName a.example\nListen 127.0.0.1:8080\n"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")


def write(text: str, name: str = "httpd.conf") -> Path:
    path = Path(name).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


Ran = tuple[int, str, str]


class Command:
    """Runs the command in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *arguments: str) -> Ran:
        status = main(arguments)
        shown = self.capsys.readouterr()
        return status, shown.out, shown.err


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


# --- options --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments,changes",
    [
        (["-t"], {"test": True}),
        (["-tf", "x"], {"test": True, "file": "x"}),
        (["-tfx"], {"test": True, "file": "x"}),
        (["-DFOREGROUND", "-D", "A=1"], {"defines": ["FOREGROUND", "A=1"]}),
        (["-CFoo bar", "-c", "Baz", "-C", "Q"], {"before": ["Foo bar", "Q"], "after": ["Baz"]}),
        (
            ["-d", "/x", "-E", "y", "-e", "Debug"],
            {
                "server_root": "/x",
                "startup_log": "y",
                "startup_level": 7,
            },
        ),
        (["-X"], {"single_process": True, "defines": ["DEBUG"]}),
        (["-S"], {"test": True, "defines": ["DUMP_VHOSTS", "DUMP_RUN_CFG"]}),
        (["-M"], {"test": True, "defines": ["DUMP_MODULES"]}),
        (["-v", "-z"], {"ask": "v"}),
        (["-k", "start", "-T"], {"command": "start", "checks_document_roots": False}),
        (["-t", "--syntax-only"], {"test": True, "syntax_only": True}),
        (["--format", "json", "-t"], {"test": True, "format": "json"}),
        (["--format=sarif", "-M"], {"test": True, "format": "sarif", "defines": ["DUMP_MODULES"]}),
        (["--waive", "A", "--waive=<B>"], {"waived": ["A", "<B>"]}),
        ([], {}),
    ],
)
def test_options(arguments: list[str], changes: dict[str, object]) -> None:
    options = Options()
    for name, value in changes.items():
        setattr(options, name, value)
    assert parse_options(arguments) == options


@pytest.mark.parametrize(
    "arguments,line",
    [
        (["-z"], "illegal option -- z"),
        (["-tz"], "illegal option -- z"),
        (["-f"], "option requires an argument -- f"),
        (["-k", "foo"], "illegal option -- k"),
        (["-t", "x"], None),
        (["-e", "bogus"], None),
        (["--help"], "illegal option -- -"),
        (["--syntax-only"], "--syntax-only and --format go with -t"),
        (["--format", "json"], "--syntax-only and --format go with -t"),
        (["-t", "--syntax-only=x"], "illegal option -- -"),
        (["-t", "--format"], "option requires an argument -- format"),
        (["-t", "--format", "xml"], "--format must be one of text, json, sarif, github"),
        (["-t", "explain-code"], None),
        (["-"], None),
    ],
)
def test_wrong_options(arguments: list[str], line: str | None) -> None:
    with pytest.raises(UsageError) as why:
        parse_options(arguments)
    assert why.value.line == line


@pytest.mark.parametrize(
    "arguments,first",
    [
        (["-h"], "Usage: httpdlite "),
        (["-z"], "httpdlite: illegal option -- z\nUsage: httpdlite "),
        (["stray"], "Usage: httpdlite "),
    ],
)
def test_usage_goes_to_standard_error(run: Command, arguments: list[str], first: str) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (1, "")
    assert err.startswith(first)


def test_the_version(run: Command) -> None:
    status, out, err = run("-v")
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == f"Server version: {SERVER}"
    assert len(out.splitlines()) == 2


def test_what_it_is_made_of(run: Command) -> None:
    assert "Server MPM:     event" in run("-V")[1]
    assert run("-l")[1].startswith("Compiled in modules:\n  core.c\n")
    listing = run("-L")[1]
    assert "\nProxyPass (mod_proxy.c)\n\tMaps a path" in listing
    assert "\nRewriteRule (mod_rewrite.c)\n\t" in listing


# --- where the configuration is -------------------------------------------------------------------


def test_httpd_conf_of_the_current_directory_is_the_default(tmp_path: Path, run: Command) -> None:
    write("Foo")
    write("Bar", "conf.d/a.conf")
    assert f"line 1 of {tmp_path}/httpd.conf:" in run("-t")[2]


def test_without_it_the_drop_ins_are_read_in_the_order_of_their_bytes(
    tmp_path: Path, run: Command
) -> None:
    write("Define B\nDefine C", "conf.d/b.conf")
    write(GOOD + "Define A", "conf.d/a.conf")
    write("Foo", "conf.d/a.conf.bak")
    status, out, err = run("-t", "-D", "DUMP_RUN_CFG", "-D", "DUMP_INCLUDES")
    assert (status, err) == (0, "")
    assert re.findall(r"Define: ([ABC])", out) == ["A", "B", "C"]
    assert f"  (*) {tmp_path}/conf.d/a.conf\n  (*) {tmp_path}/conf.d/b.conf\n" in out


def test_without_both_httpds_message_is_given(tmp_path: Path, run: Command) -> None:
    message = "Could not open configuration file"
    expected = f"httpdlite: {message} {tmp_path}/httpd.conf: No such file or directory\n"
    assert run("-t") == (1, "", expected)


def test_a_file_is_seen_from_the_server_root(tmp_path: Path) -> None:
    source = find_source(Options(file="a/b.conf"), "/x")
    assert (source.path, source.server_root) == ("/x/a/b.conf", "/x")
    write(GOOD + 'Include "c.conf"', "root/conf/x.conf")
    write("", "root/c.conf")
    assert main(["-t", "-d", "root", "-f", "conf/x.conf"]) == 0


# --- configuration tests --------------------------------------------------------------------------


def test_syntax_ok_goes_to_standard_error(run: Command) -> None:
    write(GOOD)
    assert run("-t") == (0, "", "Syntax OK\n")


def test_a_five_line_configuration_is_fine(run: Command) -> None:
    write(
        "ServerName a\nListen 8080\nProxyPass /ws/ ws://127.0.0.1:81/\n"
        "ProxyPass / http://127.0.0.1:81/\nProxyPassReverse / http://127.0.0.1:81/\n"
    )
    assert run("-t") == (0, "", "Syntax OK\n")


def test_an_error_comes_in_apaches_form_and_below_with_its_place(
    tmp_path: Path, run: Command
) -> None:
    write(GOOD + "  ProxyPas / http://a/\nTimeout\n")
    status, out, err = run("-t")
    file = f"{tmp_path}/httpd.conf"
    message = (
        "Invalid command 'ProxyPas', perhaps misspelled or defined by a module not included in the "
        "server configuration"
    )
    assert (status, out) == (1, "")
    assert err.splitlines() == [
        f"AH00526: Syntax error on line 3 of {file}:",
        message,
        f"error[unknown-directive]: {message}",
        f"     --> {file}:3:3",
        "    3 |   ProxyPas / http://a/",
        "      |   ^^^^^^^^",
        "      = help: did you mean ProxyPass?",
        "",
        (
            "error[wrong-arity]: Timeout takes one argument, Whole seconds without progress after "
            "which a connection is given up"
        ),
        f"     --> {file}:4:1",
        "    4 | Timeout",
        "      | ^^^^^^^",
        "",
    ]


def test_a_read_error_takes_one_line(tmp_path: Path, run: Command) -> None:
    write("<Location /a>\n")
    first = run("-t")[2].splitlines()[0]
    file = f"{tmp_path}/httpd.conf"
    assert first == (
        f"httpdlite: Syntax error on line 1 of {file}: {file}:1: <Location> was not closed."
    )


def test_what_is_not_supported_is_listed_and_a_start_would_be_refused(
    tmp_path: Path, run: Command
) -> None:
    write(GOOD + "WSGIScriptAlias /a /b\n<Location /a>\nWSGIProcessGroup c\n</Location>\n")
    status, out, err = run("-t")
    assert (status, out) == (1, "")
    lines = err.splitlines()
    file = f"{tmp_path}/httpd.conf"
    assert lines[0].startswith("error[not-supported]: WSGIScriptAlias belongs to mod_wsgi")
    assert lines[1] == f"     --> {file}:3:1"
    assert f"     --> {file}:5:1" in lines
    assert lines[-2:] == [
        "Syntax OK",
        "httpdlite: 2 lines not supported: a start would be refused",
    ]


def test_warnings_have_the_form_of_the_log_and_change_nothing(run: Command) -> None:
    write(GOOD + "ServerAdmin ${NOPE}")
    status, out, err = run("-t")
    assert (status, out) == (0, "")
    stamp = r"\[\w{3} \w{3} \d\d \d\d:\d\d:\d\d\.\d{6} \d{4}\] \[core:warn\] \[pid \d+:tid \d+\] "
    assert re.match(stamp + r"AH00111: Config variable \$\{NOPE\} is not defined\n", err)
    assert err.endswith("Syntax OK\n")
    assert run("-t", "-e", "error")[2] == "Syntax OK\n"


def test_directives_of_the_command_line(run: Command) -> None:
    write("ServerName ${NAME}\n<IfDefine X>\nFoo\n</IfDefine>\n")
    assert run("-t", "-C", "Define NAME a.example")[0] == 0
    assert "Invalid command 'Foo'" in run("-t", "-DX", "-C", "Define NAME a.example")[2]
    status, _, err = run("-t", "-C", "Define NAME a", "-c", "Define Z", "-c", "Bar")
    assert status == 1
    assert err.startswith("AH00526: Syntax error on line 2 of -c/-C directives:\nInvalid command")


def test_a_missing_log_directory(tmp_path: Path, run: Command) -> None:
    write(GOOD + "ErrorLog nodir/error_log")
    lines = run("-t")[2].splitlines()
    assert lines[:2] == [
        (
            f"(2)No such file or directory: AH02291: Cannot access directory '{tmp_path}/nodir/' "
            "for main error log"
        ),
        "AH00014: Configuration check failed",
    ]


def test_startup_messages_may_go_to_a_file(tmp_path: Path, run: Command) -> None:
    write(GOOD)
    assert run("-t", "-E", "start.log") == (0, "", "")
    assert (tmp_path / "start.log").read_text(encoding="utf-8") == "Syntax OK\n"
    err = run("-t", "-E", "no/start.log")[2]
    assert err == (
        "(2)No such file or directory: AH00086: httpdlite: could not open error log file "
        "no/start.log.\nSyntax OK\n"
    )


def test_hostile_bytes_reach_no_terminal(run: Command) -> None:
    Path("httpd.conf").write_bytes(b"Foo\x1b[31m\xff\xc3\xa9 \x9b\n\x00")
    status, _, err = run("-t")
    assert status == 1
    assert "\x1b" not in err
    assert r"Invalid command 'Foo\x1b[31m\xff\xc3\xa9'" in err


# --- dumps ----------------------------------------------------------------------------------------

VHOSTS = """\
ServerName main.example
Define ABC 1
<VirtualHost 127.0.0.1:81>
ServerName q
ServerAlias al
</VirtualHost>
<VirtualHost *:80 [::1]:80>
ServerName a
ServerAlias b *.c
</VirtualHost>
<VirtualHost *:80>
</VirtualHost>
<VirtualHost *>
ServerName dd
</VirtualHost>
"""


def test_the_vhosts_are_shown_as_httpd_does(tmp_path: Path, run: Command) -> None:
    write(VHOSTS)
    status, out, err = run("-S")
    assert (status, err) == (0, "")
    assert out.replace(str(tmp_path), "ROOT") == (
        "VirtualHost configuration:\n"
        "[::1]:80               a (ROOT/httpd.conf:7)\n"
        "127.0.0.1:81           q (ROOT/httpd.conf:3)\n"
        "*:80                   is a NameVirtualHost\n"
        "         default server a (ROOT/httpd.conf:7)\n"
        "         port 80 namevhost a (ROOT/httpd.conf:7)\n"
        "                 alias b\n"
        "                 wild alias *.c\n"
        "         port 80 namevhost main.example (ROOT/httpd.conf:11)\n"
        "*:*                    dd (ROOT/httpd.conf:13)\n"
        'ServerRoot: "ROOT"\n'
        'Main ErrorLog: "/dev/stderr"\n'
        'PidFile: ""\n'
        "Define: DUMP_VHOSTS\n"
        "Define: DUMP_RUN_CFG\n"
        "Define: ABC=1\n"
        'User: name="#-1" id=4294967295\n'
        'Group: name="#-1" id=4294967295\n'
    )


def test_a_dump_of_a_broken_configuration_is_the_error(run: Command) -> None:
    write("Foo")
    status, out, err = run("-S")
    assert (status, out) == (1, "")
    assert "Invalid command 'Foo'" in err


def test_vhosts_are_shown_although_something_is_not_supported(run: Command) -> None:
    write(VHOSTS + "ProxyRemote * http://p.test:8080\n")
    status, out, err = run("-S")
    assert status == 0
    assert out.startswith("VirtualHost configuration:\n")
    assert "ProxyRemote is not supported yet" in err


def test_loaded_modules(run: Command) -> None:
    write(GOOD)
    assert " proxy_http_module (shared)\n" in run("-M")[1]
    write(GOOD + "LoadModule proxy_module modules/mod_proxy.so\n")
    out = run("-M")[1]
    assert out.startswith("Loaded Modules:\n core_module (static)\n")
    assert " proxy_module (shared)\n" in out
    assert "proxy_http_module" not in out


# --- starting -------------------------------------------------------------------------------------


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "httpdlite", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_a_test_imports_nothing_that_only_serving_needs(tmp_path: Path) -> None:
    write(GOOD)
    code = (
        "import sys; from httpdlite.cli import main; status = main(['-t']); "
        "bad = {'trio', 'ssl', 'asyncio', 'httpdlite.serve', 'json', 'datetime', "
        "'httpdlite.diagnostics.codes', 'httpdlite.cli.dumps'} & set(sys.modules); "
        "sys.exit(f'{status} {bad}' if status or bad else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"Syntax OK\n")


@pytest.mark.parametrize(
    "text,last",
    [
        ("ServerName a\n", b"AH00015: Unable to open logs"),
        (GOOD + "SecRuleEngine On\n", b"httpdlite: 1 line not supported: not started"),
        (GOOD + "Foo\n", b"      | ^^^"),
    ],
)
def test_a_refused_start_says_why(tmp_path: Path, text: str, last: bytes) -> None:
    write(text)
    done = command(cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert last in done.stderr.splitlines()
    assert b"Traceback" not in done.stderr


def test_a_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "httpdlite", "-L"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def test_an_unreadable_file_is_a_message(tmp_path: Path, run: Command) -> None:
    (tmp_path / "httpd.conf").mkdir()
    status, _, err = run("-t")
    assert status == 1
    assert err.startswith(f"httpdlite: Could not open configuration file {tmp_path}/httpd.conf: ")


def test_debians_own_configuration_is_read_to_its_end(run: Command) -> None:
    if not Path("/etc/apache2/apache2.conf").exists():
        pytest.skip("no configuration of Debian's apache2 here")
    variables = [
        word
        for name in ("RUN_DIR", "PID_FILE", "RUN_USER", "RUN_GROUP", "LOG_DIR")
        for word in ("-C", f"Define APACHE_{name} {'www-data' if 'RUN_' in name else '/tmp/x'}")
    ]
    status, _, err = run("-t", "-f", "/etc/apache2/apache2.conf", "-d", "/etc/apache2", *variables)
    assert status == 1
    assert "not-supported" in err
    assert "Invalid command" not in err
    assert "Traceback" not in err
