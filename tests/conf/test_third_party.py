"""Third-party modules: their directives are known by module, judged, and refused with the reason.

What is expected of places, arguments and values was observed with the modules of Debian 12 loaded
into httpd 2.4.71, which are not installed where the tests run.
"""

from typing import Final

import pytest

from httpdlite.conf.directives import JUDGED, registry
from httpdlite.conf.directives.third_party import third_party_tables
from httpdlite.conf.reader import Reading
from httpdlite.conf.standing import Class
from httpdlite.diagnostics import NOT_SUPPORTED, Severity
from tests.conf.reading import codes, errors, read, verdict

MODULES: Final = [module for module, _ in third_party_tables()]


def loaded(text: str, *identifiers: str) -> Reading:
    """Reads `text` with modules loaded; its line 1 is line 1."""
    lines = "\n".join(f"LoadModule {name} x.so" for name in identifiers)
    files = {"modules.conf": lines}
    return read(text, files, preamble="ServerName pre.example\nInclude /root/modules.conf\n")


def first_message(reading: Reading) -> str | None:
    """What httpd would complain of; None if it accepts."""
    said = verdict(reading)
    return None if said == ["Syntax OK"] else said[-1]


# --- the tables -----------------------------------------------------------------------------------


def test_every_directive_is_refused_with_a_reason_and_something_to_do_instead() -> None:
    for module, rows in third_party_tables():
        assert module.third_party
        assert not module.implemented
        for row in rows:
            assert row.standing.kind is Class.REFUSED, row.name
            assert "which " in row.standing.sentence, row.name
            assert row.standing.instead, row.name


def test_no_name_is_one_of_stock_httpd() -> None:
    stock = {row.key for table in JUDGED for _, rows in table.MODULES for row in rows}
    third = {row.key for _, rows in third_party_tables() for row in rows}
    assert not stock & third


@pytest.mark.parametrize(
    ("identifier", "file"),
    [
        ("security2_module", "mod_security2.c"),
        ("php_module", "mod_php.c"),
        ("php7_module", "mod_php7.c"),
        ("php5_module", "mod_php5.c"),
        ("wsgi_module", "mod_wsgi.c"),
        ("rpaf_module", "mod_rpaf-2.0.c"),
        ("rpaf_module", "mod_rpaf.c"),
        ("mod_shib", "mod_shib.cpp"),
        ("evasive20_module", "mod_evasive20.c"),
        ("mpm_itk_module", "mpm_itk.c"),
    ],
)
def test_a_module_is_found_by_identifier_and_by_every_source_file(
    identifier: str, file: str
) -> None:
    by_file = registry().module(file)
    assert by_file is not None
    assert by_file.identifier == identifier
    assert registry().module(identifier) is not None


@pytest.mark.parametrize(
    ("name", "protects"),
    [
        ("SecRuleEngine", True),
        ("OIDCRedirectURI", True),
        ("DOSPageCount", True),
        ("KrbMethodNegotiate", True),
        ("WSGIAccessScript", True),
        ("PerlAuthenHandler", True),
        ("FcgidAuthorizer", True),
        ("WSGIPassAuthorization", False),
        ("php_value", False),
        ("JkMount", False),
    ],
)
def test_what_would_open_something_is_marked(name: str, protects: bool) -> None:
    entry = registry().find(name)
    assert entry is not None
    assert entry.row.standing.protects is protects


# --- which modules count --------------------------------------------------------------------------


def test_without_load_module_a_directive_is_refused_by_name() -> None:
    reading = read("php_value memory_limit 1M")
    (found,) = errors(reading)
    assert verdict(reading) == ["Syntax OK"]
    assert found.code == NOT_SUPPORTED
    assert found.message.startswith("php_value belongs to mod_php, which runs PHP")
    assert found.hint is not None
    assert "php-fpm" in found.hint


def test_without_load_module_its_section_is_skipped_with_a_warning() -> None:
    reading = read("<IfModule mod_security2.c>\nNobodyKnowsThis\n</IfModule>")
    (found,) = reading.diagnostics
    assert (found.severity, found.code) == (Severity.WARNING, "unknown-module")
    assert "mod_security2.c is of a third-party module" in found.message
    negated = read("<IfModule !mod_php.c>\nNobodyKnowsThis\n</IfModule>")
    assert codes(negated) == ["unknown-directive"]


def test_a_loaded_module_counts_and_its_directives_are_refused() -> None:
    text = "<IfModule mod_security2.c>\nSecRuleEngine On\n</IfModule>"
    (found,) = errors(loaded(text, "security2_module"))
    assert found.code == NOT_SUPPORTED
    assert found.message.startswith("SecRuleEngine belongs to mod_security2")


def test_a_module_that_is_not_loaded_has_no_directives() -> None:
    reading = loaded("SecRuleEngine On", "php7_module")
    assert "Invalid command 'SecRuleEngine'" in (first_message(reading) or "")
    assert first_message(loaded("php_value a b", "php7_module")) is None


def test_a_section_about_files_makes_them_moot() -> None:
    assert errors(read("<Directory /srv/www>\nphp_value a b\n</Directory>")) == []


def test_the_lines_of_perl_are_no_directives() -> None:
    reading = read("<Perl>\n$x = <Foo>;\nnonsense;\n</Perl>\nTimeout 5")
    assert codes(reading) == [NOT_SUPPORTED]
    assert errors(reading)[0].message.startswith("<Perl> belongs to mod_perl")


# --- places and arguments -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("php_value a", "php_value takes two arguments, "),
        ("php_admin_flag a", "php_admin_flag takes two arguments, "),
        ("RPAFenable maybe", "RPAFenable must be On or Off"),
        ("RPAFproxy_ips", "RPAFproxy_ips requires at least one argument, "),
        ("<Directory /a>\nWSGIScriptAlias / /x\n</Directory>", "WSGIScriptAlias not allowed in "),
        ("GssapiSSLonly On", "GssapiSSLonly not allowed here"),
        (
            "<VirtualHost *:80>\nJkWorkersFile /x\n</VirtualHost>",
            "JkWorkersFile cannot occur within <VirtualHost> section",
        ),
        (
            "<Files x>\nPassengerRuby x\n</Files>",
            "PassengerRuby cannot occur within <Files> section",
        ),
        (
            "<Directory /a>\nDNSSDServiceName x\n</Directory>",
            "DNSSDServiceName cannot occur within <Directory> section",
        ),
        ("<Directory /a>\nPassengerRuby x\n</Directory>", None),
        ("<Location /a>\nDNSSDServiceName x\n</Location>", None),
        ("PassengerMaxPoolSize 5", None),
    ],
)
def test_places_and_numbers_of_arguments(text: str, message: str | None) -> None:
    found = first_message(read(text))
    assert (found or "").startswith(message) if message else found is None


# --- values ---------------------------------------------------------------------------------------

SPLIT_RULE: Final = 'SecRule ARGS a "id:1,chain"\n'
DAEMON: Final = "WSGIDaemonProcess a\n"
OIDC: Final = "Invalid value for directive"
CHALLENGES: Final = "['plain'|'S256'|'referred_tb']"
TOO_SMALL: Final = "smaller than the minimum allowed value"
NO_DAEMON: Final = "WSGI process group not yet configured."

VALUES: Final = [
    ("WSGIDaemonProcess a processes=2 threads=15 user=www-data python-path=/x", None),
    ("WSGIDaemonProcess", "Name of WSGI daemon process not supplied."),
    ("WSGIDaemonProcess a processes=$N", "Invalid process count for WSGI daemon process."),
    ("WSGIDaemonProcess a nonsense=1", "Invalid option to WSGI daemon process definition."),
    ("WSGIDaemonProcess a 'threads=1'", "Invalid option to WSGI daemon process definition."),
    ("WSGIDaemonProcess a home=here", "Invalid home directory for WSGI daemon process."),
    ("WSGIDaemonProcess a user=nosuch", "AH00543: httpdlite: bad user name nosuch"),
    (DAEMON * 2, "Name duplicates previous WSGI daemon definition."),
    ("WSGIScriptAlias / /x process-group=a", None),
    ("WSGIScriptAlias / /x process-group=a application-group=b", NO_DAEMON),
    (DAEMON + "WSGIScriptAlias / /x process-group=a application-group=b", None),
    ("WSGIScriptAliasMatch ( /x", "Regular expression could not be compiled."),
    ("WSGIImportScript /x process-group=a", "Name of WSGI application group required."),
    ("WSGIImportScript /x process-group=a application-group=b", NO_DAEMON),
    ("WSGIPassAuthorization 1", "WSGIPassAuthorization must be one of: Off | On"),
    (
        "OIDCProviderMetadataURL %URL%",
        "'%URL%' cannot be parsed as a URL (no scheme set)",
    ),
    ("OIDCProviderMetadataURL https://a/b", None),
    ("OIDCRedirectURI /here", None),
    (
        "OIDCProviderTokenEndpoint http://a/",
        "'http://a/' cannot be parsed as a \"https\" URL (scheme == http)!",
    ),
    (
        "OIDCPKCEMethod s256",
        f"{OIDC} 'OIDCPKCEMethod': invalid value 's256', must be one of {CHALLENGES}",
    ),
    (
        "OIDCSessionInactivityTimeout 5",
        f"{OIDC} 'OIDCSessionInactivityTimeout': integer value 5 is {TOO_SMALL} 10",
    ),
    ("AssignUserID {USER} {GROUP}", "AH00543: httpdlite: bad user name {USER}"),
    ("JkWorkersFile /nope", "JkWorkersFile: Can't find the workers file specified"),
    ("JkMount /a", "JkMount needs a path when not defined in a location"),
    ("<Location /a>\nJkMount w\n</Location>", None),
    ("JkOptions +ForwardKeySize -Nonsense", "JkOptions: Illegal option 'Nonsense'"),
    ("FcgidWrapper /nope", "Wrapper /nope cannot be accessed: (2)No such file or directory"),
    (
        "FcgidWrapper '/nope x' virtual",
        "Wrapper /nope cannot be accessed: (2)No such file or directory",
    ),
    ("FcgidWrapper /nope .php x", "Invalid wrapper flag"),
    ("FcgidWrapper /nope php", "Invalid wrapper file extension"),
    (
        "FastCgiAuthorizer '/nope x'",
        "Authorizer /nope x cannot be accessed: (2)No such file or directory",
    ),
    (
        "<Location /a>\nMellonSPCertFile nope\n</Location>",
        'apr_stat: Error opening "/root/nope" [2] "No such file or directory"',
    ),
    ("TKTAuthPublicKey /nope", "unable to open public key file '/nope'"),
    (
        "SecUnicodeMapFile /nope 20127",
        'Could not open unicode map file "/nope": No such file or directory',
    ),
    ("SecRule ARGS a id:1,t:utf8toUnicode", None),
    (
        "SecRuleUpdateTargetById 1 !ARGS:a",
        "Updating target by ID with no ruleset in this context",
    ),
    ("SecRule ARGS a id:1\nSecRuleUpdateTargetById 1 !ARGS:a", None),
    ("AddOutputFilterByType MOD_BW;FCGID_OUT;qos-out-filter;XSENDFILE text/html", None),
    ("PassengerMaxPoolSize 0", "PassengerMaxPoolSize must be at least 1."),
    ("PassengerMaxPoolSize 5x", "Invalid number specified for PassengerMaxPoolSize."),
    ("SecRuleEngine detectiononly", None),
    ("SecRuleEngine Maybe", "ModSecurity: Invalid value for SecRuleEngine: Maybe"),
    ("SecAuditLog /nope/x", "ModSecurity: Failed to open the audit log file: /nope/x"),
    ("SecResponseBodyLimit 0", "ModSecurity: Invalid value for SecResponseBodyLimit: 0"),
    ("SecRule REQUEST_HEADERS:User-Agent|&ARGS|!ARGS:x '@pm a b' id:1,phase:2,deny,t:none", None),
    ("SecRule ARGS a", "ModSecurity: Rules must have at least id action"),
    ("SecRule ARGS a deny", "ModSecurity: No action id present within the rule"),
    ("SecRule ARG a id:1", "Error creating rule: Unknown variable: ARG"),
    ("SecRule TX a id:1", "Error creating rule: Missing mandatory parameter for variable TX."),
    (
        "SecRule REMOTE_ADDR:x a id:1",
        "Error creating rule: Variable REMOTE_ADDR:x does not support parameters.".replace(
            ":x", ""
        ),
    ),
    ("SecRule ARGS '@nope a' id:1", "Error creating rule: Failed to resolve operator: nope"),
    ("SecRule ARGS a id:1,nope", "Error parsing actions: Unknown action: nope"),
    (
        "SecRule ARGS a id:1,deny:x",
        "Error parsing actions: Extra parameter provided to action deny",
    ),
    (
        "SecRule ARGS a id:1,phase:,deny",
        "Error parsing actions: Missing mandatory parameter for action phase",
    ),
    (
        'SecRule ARGS a "id:1,msg:\'x"',
        "Error parsing actions: Missing closing quote at position 11: id:1,msg:'x",
    ),
    (
        "SecRule ARGS a \"id:1,msg:'a\\nb'\"",
        "Error parsing actions: Invalid quoted pair at position 11: id:1,msg:'a\\\\nb'",
    ),
    (
        "SecRule ARGS a id:1\nSecRule ARGS b id:1",
        "ModSecurity: Found another rule with the same id",
    ),
    ("SecRule ARGS a id:1\n<Location /a>\nSecRule ARGS b id:1\n</Location>", None),
    (SPLIT_RULE + "SecRule ARGS b", None),
    (
        SPLIT_RULE + "SecRule ARGS b\nSecRule ARGS c",
        "ModSecurity: Rules must have at least id action",
    ),
    (
        SPLIT_RULE + "SecRule ARGS b deny",
        "ModSecurity: Disruptive actions can only be specified by chain starter rules.",
    ),
    ("SecRule ARGS a id:1,phase:5x", None),
    ("SecRule ARGS a id:1,phase:6", "Internal Error: Failed to add rule to the ruleset."),
    ("SecDefaultAction phase:1,log,pass", None),
    ("SecDefaultAction log,pass", "ModSecurity: SecDefaultAction must specify a phase."),
    (
        "<VirtualHost *:80>\nSecPcreMatchLimit 5\n</VirtualHost>",
        "ModSecurity: SecPcreMatchLimit not allowed in VirtualHost",
    ),
]


@pytest.mark.parametrize(
    ("line", "identifier"),
    [
        ("AuthBasicProvider PAM", "authnz_pam_module"),
        ("AuthBasicProvider plain", "auth_plain_module"),
        ("AuthBasicProvider sasl", "authn_sasl_module"),
        ("AuthDigestProvider wsgi", "wsgi_module"),
        ("Require pam-account x", "authnz_pam_module"),
        ("Require wsgi-group x", "wsgi_module"),
    ],
)
def test_a_module_brings_its_providers(line: str, identifier: str) -> None:
    text = f"<Location /a>\n{line}\n</Location>"
    stock = ("authz_core_module", "auth_basic_module", "auth_digest_module")
    name = line.split()[1]
    assert first_message(loaded(text, *stock, identifier)) is None
    assert f"provider: {name}" in (first_message(loaded(text, *stock)) or "")


@pytest.mark.parametrize(("text", "message"), VALUES, ids=[text for text, _ in VALUES])
def test_values(text: str, message: str | None) -> None:
    assert first_message(read(text)) == message


def test_the_chains_and_ids_of_one_reading_are_not_those_of_the_next() -> None:
    for _ in range(2):
        assert first_message(read("SecRule ARGS a id:1\nWSGIDaemonProcess a")) is None
