"""The read phase: what acts line by line, and that all errors of a file are found in one go."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from httpdlite.conf.directives import core, mod_proxy
from httpdlite.conf.reader import ConfigSource, DictFiles, read_config
from httpdlite.diagnostics import NOT_SUPPORTED, Span, render_json, render_text
from tests.conf.reading import CONF, PREAMBLE, ROOT, FakeNames, codes, errors, read, verdict


def test_all_errors_are_found_and_the_first_of_the_earliest_phase_is_shown() -> None:
    reading = read(
        "Foo\nTimeout\n<Location /a>\nListen 80\n</Location>\n"
        "Define A B C\n<VirtualHost *:80>\n</Location>\nServerName *\n</VirtualHost>\n"
    )
    assert codes(reading) == [
        "wrong-arity",
        "wrong-nesting",
        "unknown-directive",
        "wrong-arity",
        "wrong-context",
        "bad-value",
    ]
    assert verdict(reading)[0].startswith(
        "httpdlite: Syntax error on line 6 of /root/httpd.conf: Define takes 1-2 arguments"
    )
    assert reading.config is None


@pytest.mark.parametrize(
    "text,line,message",
    [
        ("<VirtualHost *:80 \\\n>\nServerName a", 2, f"{CONF}:2: <VirtualHost> was not closed."),
        ("<If a>\n</If>\n</If>", 3, "</If> without matching <If> section"),
        ("<IfDefine !X>\n<If a>\n</IfDefine>", 3, "Expected </If> but saw </IfDefine>"),
        (
            "<If a>\n<IfDefine !X>\n</If>\n</IfDefine>",
            3,
            "</If> without matching <If> section",
        ),
        ("<IfDefine !X>\n\nDefine a:b\n</IfDefine>", 3, "Variable name must not contain ':'"),
        ("<IfDefine !X>\n<IfDefine X>\n<F>\n</IfDefine>", 2, "Expected </F> but saw </IfDefine>"),
        ("<IfVersion ~ (>\n</IfVersion>", 1, "Unable to compile regular expression"),
        ("<IfVersion = /foo>\n", 1, "Missing delimiting / of regular expression."),
        ("<IfVersion >= 2.4\n", 1, "<IfVersion> directive missing closing '>'"),
    ],
)
def test_nesting_errors_name_httpds_line(text: str, line: int, message: str) -> None:
    prefix = f"httpdlite: Syntax error on line {line} of {CONF}: "
    assert verdict(read(text)) == [prefix + message]


@pytest.mark.parametrize(
    "text",
    [
        "<IfDefine !NO>\n<VirtualHost *:80>\nServerName a",  # open at the end, unnoticed
        "<IfDefine NO>\n<A>\n<B>\n</B>\n</A>\n'garbage <x\n</IfDefine> # c",
        "ServerAdmin> a",
        '"<VirtualHost" *:80>\n</VirtualHost>',
        '""\n"" Foo',
        "<IfVersion >= 2.4 >\n</IfVersion>",
        "<IfModule proxy>\nFoo\n</IfModule>",
        '<IfSection "<VirtualHost">\nFoo\n</IfSection>',
        '<Location "">\n</Location>',
    ],
)
def test_oddities_that_httpd_accepts(text: str) -> None:
    assert verdict(read(text)) == ["Syntax OK"]


def test_one_wrong_tag_costs_one_diagnostic() -> None:
    reading = read("<VirtualHost *:80>\n<Location /a>\n</VirtualHost >\nServerName b\n")
    assert codes(reading) == ["bad-tag"]


def test_skipped_sections_recover_after_a_wrong_tag() -> None:
    reading = read("<IfDefine NO>\n<Foo>\n</IfDefine>\nBar\n")
    assert codes(reading) == ["wrong-nesting", "unknown-directive"]


# --- names ----------------------------------------------------------------------------------------


def test_the_value_of_an_inner_define_is_kept_when_none_is_given_again() -> None:
    assert verdict(read("Define A B\nDefine A\nError [${A}]"))[1] == "[B]"


def test_defines_reach_the_config_with_their_values() -> None:
    config = read("Define A 1\nDefine B\nDefine C 1\nUnDefine C", defines=["D"]).config
    assert config is not None
    assert dict(config.defines) == {"D": None, "A": "1", "B": None}


def test_a_warning_for_an_unknown_variable_points_at_it() -> None:
    (found,) = read("ServerAdmin a${NOPE}b").diagnostics
    assert found.code == "undefined-variable"
    assert found.span is not None
    assert (found.span.line, found.span.column, found.span.end_column) == (1, 14, 21)


def test_an_error_in_a_substituted_word_points_at_the_reference() -> None:
    (found,) = errors(read("Define P 99999\n  ServerName  a:${P}"))
    assert found.span is not None
    assert (found.span.line, found.span.column, found.span.end_column) == (2, 15, 21)


# --- files ----------------------------------------------------------------------------------------


def test_an_error_in_an_included_file_knows_how_it_was_reached() -> None:
    reading = read("\nInclude a.conf", {"a.conf": "\n\nInclude b.conf", "b.conf": "</X>"})
    (found,) = errors(reading)
    assert found.span is not None
    chain: list[tuple[str, int]] = []
    span: Span | None = found.span
    while span is not None:
        chain.append((span.file, span.line))
        span = span.included_from
    assert chain == [("/root/b.conf", 1), ("/root/a.conf", 3), (CONF, 2)]
    assert reading.source_line("/root/b.conf", 1) == "</X>"
    assert "included from /root/a.conf:3:1" in render_text([found], reading.source_line)


def test_files_come_in_the_order_of_their_bytes() -> None:
    files = {f"d/{name}": f"Define {name[0]}" for name in ("b", "a", "B", "Z", "10", "9")}
    config = read("Include d/*", {**files, "d/sub/x": "Define x"}).config
    assert config is not None
    assert list(config.defines) == ["1", "9", "B", "Z", "a", "b", "x"]
    assert [(file.depth, file.line) for file in config.files][2:] == [(1, 1)] * 7


def test_a_file_is_listed_by_the_line_of_the_last_include_done() -> None:
    files = {"d/1": "\nInclude e", "d/2": "", "e": ""}
    config = read("Include d/*", files).config
    assert config is not None
    assert [(file.path[6:], file.line, file.shown) for file in config.files[2:]] == [
        ("d/1", 1, 1),
        ("e", 2, 2),
        ("d/2", 1, 2),
    ]


@pytest.mark.parametrize(
    "pattern,names",
    [
        ("d/*", ["a.conf", "b.conf", "c d.conf"]),
        ("d/[ab].conf", ["a.conf", "b.conf"]),
        ("d/[^a]*.conf", ["b.conf", "c d.conf"]),
        ("d/?.conf", ["a.conf", "b.conf"]),
        ("d/c\\ d.con?", ["c d.conf"]),
        ("?/../d/a*", ["a.conf"]),
        ("d/.*", [".h.conf"]),
    ],
)
def test_wildcards(pattern: str, names: list[str]) -> None:
    content = {f"d/{name}": "" for name in ("a.conf", "b.conf", "c d.conf", ".h.conf")}
    config = read(f'Include "{pattern}"', content).config
    assert config is not None
    assert [file.path for file in config.files[2:]] == [f"/root/d/{name}" for name in names]


def test_what_includes_itself_twice_ends_nevertheless() -> None:
    reading = read("Include a.conf", {"a.conf": "Include a.conf\nInclude a.conf\n"})
    assert codes(reading) == ["include-recursion"]


def test_server_root_counts_from_its_line_on() -> None:
    files = {"a.conf": "Define A", "sub/a.conf": "Define B"}
    config = read("Include a.conf\nServerRoot sub\nInclude a.conf", files).config
    assert config is not None
    assert list(config.defines) == ["A", "B"]
    assert config.server_root == "/root/sub"


def test_drop_ins_are_read_like_an_optional_include() -> None:
    files = DictFiles({"/d/b.conf": "ServerName b", "/d/a.conf": "Listen 1", "/d/c": "Foo"})
    reading = read_config(ConfigSource("/d/*.conf", "/d", drop_ins=True), files, FakeNames())
    assert reading.config is not None
    assert [file.path for file in reading.config.files] == ["/d/a.conf", "/d/b.conf"]


def test_a_missing_configuration_has_no_position() -> None:
    reading = read_config(ConfigSource("/nope", "/"), DictFiles({}), FakeNames())
    assert verdict(reading) == [
        "httpdlite: Could not open configuration file /nope: No such file or directory"
    ]


def test_directives_of_the_command_line() -> None:
    source = ConfigSource("/c", "/", before=("Define A 1", "Foo"), after=("<Location /x>",))
    reading = read_config(source, DictFiles({"/c": "ServerName a${A}"}), FakeNames())
    assert verdict(reading) == [
        "httpdlite: Syntax error in -C/-c directive: -c/-C directives:1: <Location> was not closed."
    ]
    walk = next(found for found in reading.diagnostics if found.code == "unknown-directive")
    assert walk.span is not None
    assert (walk.span.file, walk.span.line) == ("-c/-C directives", 2)


# --- modules --------------------------------------------------------------------------------------

LOADED = "LoadModule proxy_module modules/mod_proxy.so\n"


def test_until_the_first_load_module_everything_implemented_is_loaded() -> None:
    text = "<IfModule mod_proxy_http.c>\nServerAdmin yes\n</IfModule>\nProxyTimeout 5"
    config = read(text).config
    assert config is not None
    assert config.main.scope[core.SERVER_ADMIN] == "yes"
    assert "proxy_wstunnel_module" in config.modules


def test_from_the_first_load_module_on_only_the_loaded_ones_count() -> None:
    reading = read(LOADED + "<IfModule proxy_http_module>\nFoo\n</IfModule>\nProxyTimeout 5\n")
    assert reading.config is not None
    wrong = read(LOADED + "ProxyWebsocketAsync On")
    (found,) = errors(wrong)
    assert found.code == "unknown-directive"
    assert found.hint is not None
    assert "LoadModule proxy_wstunnel_module modules/mod_proxy_wstunnel.so" in found.hint


def test_a_module_we_do_not_have_is_loaded_and_its_directives_are_judged() -> None:
    text = (
        "LoadModule rewrite_module modules/mod_rewrite.so\n"
        "<IfModule mod_rewrite.c>\nRewriteEngine On\n</IfModule>\nSSLEngine On\n"
    )
    reading = read(text)
    assert codes(reading) == ["unknown-directive"]
    assert codes(read("LoadModule evasive20_module x.so")) == ["module-not-implemented"]


def test_without_load_module_nothing_of_stock_httpd_is_passed_over() -> None:
    protection = "<IfModule mod_authz_core.c>\n<Location />\nRequire ldap-user joe\n</Location>\n"
    reading = read(f"{protection}</IfModule>\nSSLFIPS on\nSSLFIP on")
    assert codes(reading) == [NOT_SUPPORTED, NOT_SUPPORTED, "unknown-directive"]
    assert reading.diagnostics[2].hint == "did you mean SSLFIPS?"


def test_a_section_for_a_module_nobody_knows_is_skipped_with_a_warning() -> None:
    reading = read("<IfModule mod_security2.c>\nSecRuleEngine On\n</IfModule>")
    assert codes(reading) == ["unknown-module"]
    assert reading.config is not None
    assert codes(read(f"{LOADED}<IfModule mod_security2.c>\nFoo\n</IfModule>")) == []


def test_other_mpms_are_not_there() -> None:
    text = "<IfModule mpm_prefork_module>\nFoo\n</IfModule>\n<IfModule !event.c>\nFoo\n</IfModule>"
    assert codes(read(text)) == []


def test_loading_a_module_of_others_is_refused() -> None:
    assert codes(read("LoadModule nobody_knows_module x.so")) == [NOT_SUPPORTED]


def test_loading_twice_is_a_warning() -> None:
    reading = read(LOADED * 2)
    assert reading.config is not None
    assert [found.logged for found in reading.diagnostics] == ["so:warn"]


# --- anything goes --------------------------------------------------------------------------------

WORDS = st.sampled_from(
    "< > </ <IfDefine <VirtualHost *:80> <Location /> </Location> </IfDefine> !X X ${X} ${Y Define "
    "UnDefine Include IncludeOptional *.conf Listen 80 ProxyPass / http://b/ ! timeout=5 a=b # \\ "
    "\" ' <Macro Use LoadModule proxy_module LogLevel debug CustomLog %h <If </If> <Else> "
    "[:: ~ ( é <IfVersion >= 2.4> <Proxy balancer://x".split()
)
SPACES = st.sampled_from([" ", "\n", "\\\n", "", "\t", "\r\n", "\n", "\n"])


@settings(max_examples=300)
@given(st.lists(st.tuples(WORDS, SPACES), max_size=40))
def test_any_words_give_findings_and_never_an_exception(parts: list[tuple[str, str]]) -> None:
    text = "".join(word + space for word, space in parts)
    reading = read(text, {"a.conf": text, "b.conf": ""})
    assert (reading.config is None) is bool(errors(reading))
    render_text(reading.diagnostics, reading.source_line)
    render_json(reading.diagnostics)
    for line in verdict(reading):
        assert line.isascii()


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_give_findings_and_never_an_exception(data: bytes) -> None:
    reading = read(data)
    assert (reading.config is None) is bool(errors(reading))
    render_text(reading.diagnostics, reading.source_line).encode("utf-8")


@pytest.mark.parametrize("name", ["IfDefine !X", "If true", "Foo", "IfDefine X", "RequireAll"])
def test_depth_is_no_matter(name: str) -> None:
    depth = 3_000  # far beyond the interpreter's own limit
    text = f"<{name}>\n" * depth + f"</{name.partition(' ')[0]}>\n" * depth
    assert read(text).tree is not None


def test_many_errors_are_found_fast_enough() -> None:
    reading = read("Servername\nBogusDirective x\n" * 5_000)
    assert len(errors(reading)) == 10_000


def test_the_environment_and_names_are_arguments() -> None:
    source = ConfigSource(CONF, ROOT, environment={"HOST": "a.example"})
    files = DictFiles({CONF: PREAMBLE + "ServerAdmin ${HOST}"}, [f"{ROOT}/logs"])
    config = read_config(source, files, FakeNames(fqdn=None)).config
    assert config is not None
    assert config.main.scope[core.SERVER_ADMIN] == "a.example"
    assert mod_proxy.PROXY_PASS not in config.main.scope
