"""What third-party modules say of single values: choices, numbers, URLs, files, accounts.

In: a `Call`. Out: nothing, or Call.error with the module's message; where nothing is known of a
directive, its values are accepted. Only imported if a configuration has such a directive. Rules:
the modules of Debian 12, as observed with httpd 2.4.71. Not judged: what a module does with its
words beyond the first, and the contents of the files that it would read.
"""

import re
from collections.abc import Callable
from typing import Final

from httpdlite.conf.call import Call, ConfigError
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.directives.third_party import openidc, security, wsgi
from httpdlite.conf.files import Kind, absolute
from httpdlite.conf.numbers import atoi
from httpdlite.conf.rows import Check
from httpdlite.conf.values import each_of

Test = Callable[[str], bool]

_INTEGER: Final = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]+")


def _first(is_right: Test, message: str, *, index: int = 0) -> Check:
    """Of the first word (or another): `message` may name {name} and {value}."""

    def check(call: Call) -> None:
        word = call.words[index].text if index < len(call.words) else None
        if word is not None and not is_right(word):
            raise call.error(message.format(name=call.name, value=word), index)

    return check


def _any_case(values: str) -> Test:
    known = frozenset(values.split())
    return lambda text: text.lower() in known


def _exactly(values: str) -> Test:
    known = frozenset(values.split())
    return lambda text: text in known


def _is_integer(text: str) -> bool:
    return _INTEGER.fullmatch(text) is not None


def _at_least(least: int) -> Test:
    return lambda text: atoi(text) >= least


def _between(least: int, most: int) -> Test:
    return lambda text: _is_integer(text) and least <= int(text) <= most


# --- files and accounts ---------------------------------------------------------------------------


def _jk_workers_file(call: Call) -> None:
    path = absolute(call.place.server_root, call.words[0].text)
    if call.place.files.kind(path) in {None, Kind.DIRECTORY}:
        raise call.error(f"{call.name}: Can't find the workers file specified", 0)


def _fcgid_wrapper(call: Call) -> None:
    """program [.suffix] [virtual]; the second word may be the flag."""
    words = [word.text for word in call.words[1:]]
    if words and words[-1].lower() == "virtual":
        words.pop()
    elif len(words) > 1:
        raise call.error("Invalid wrapper flag", 2)
    if words and (words[0][:1] != "." or len(words[0]) < 2 or {"/", "\\"} & set(words[0])):
        raise call.error("Invalid wrapper file extension", 1)
    path = next(iter(program_words(call.words[0].text)), "")
    if not path.startswith("/") or call.place.files.kind(path) is None:
        message = f"Wrapper {path} cannot be accessed: (2)No such file or directory"
        raise call.error(message, 0)


def program_words(text: str) -> list[str]:
    """The words of a command line, quotes taken off."""
    return [word.strip("'\"") for word in re.findall(r"'[^']*'|\"[^\"]*\"|\S+", text)]


def _fcgid_program(what: str) -> Check:
    def check(call: Call) -> None:
        text = call.words[0].text
        path = next(iter(program_words(text)), "")
        if not path.startswith("/") or call.place.files.kind(path) is None:
            message = f"{what} {text} cannot be accessed: (2)No such file or directory"
            raise call.error(message, 0)

    return check


def _there(message: str, words: int | None = None) -> Check:
    """The words, or the first of them, are files that are there: `message` may name the {path}."""

    def check(call: Call) -> None:
        for index, word in enumerate(call.words[:words]):
            path = absolute(call.place.server_root, word.text)
            if call.place.files.kind(path) is None:
                raise call.error(message.format(path=path), index)

    return check


def _gssapi_mechanisms(call: Call) -> None:
    for word in call.words:
        if word.text not in {"krb5", "iakerb", "ntlmssp"}:
            raise ConfigError(f"Failed to apply {call.name} directive", word.span)


def _assign_user(call: Call) -> None:
    """mpm_itk's AssignUserID: a user and a group of this system."""
    names = call.place.names
    for index, (kind, number) in enumerate((("user", "AH00543"), ("group", "AH00544"))):
        name = call.words[index].text
        known = names.user(name) if kind == "user" else names.group(name)
        if known is None and not name.startswith("#"):
            message = f"bad {kind} name {name}"
            apache = (f"{number}: httpdlite: {message}",)
            code = "unknown-user" if kind == "user" else "unknown-group"
            raise call.error(message, index, code=code, apache=apache)


def _jk_mount(call: Call) -> None:
    """JkMount, JkUnMount: a path where no section gives it, none where one does."""
    has_path = len(call.words) > 1
    context = call.place.path
    if context is not None and has_path:
        raise call.error(f"{call.name} can not have a path when defined in a location", 0)
    if context is None and not has_path:
        raise call.error(f"{call.name} needs a path when not defined in a location", 0)
    if not (call.words[0].text if context is None else context).startswith("/"):
        raise call.error(f"{call.name} context should start with /", 0)


_JK_OPTIONS: Final = frozenset(
    """forwardkeysize forwarduricompat forwarduricompatunparsed forwarduriescaped forwarduriproxy
    forwarddirectories forwardlocaladdress forwardphysicaladdress flushpackets flushheader
    disablereuse forwardsslcertchain rejectunsafeuri collapseslashesall collapseslashesnone
    collapseslashesunmount""".split()
)


def _jk_options(call: Call) -> None:
    for word in words_of(call):
        option = word.text[1:] if word.text[:1] in {"+", "-"} else word.text
        if option.lower() not in _JK_OPTIONS:
            raise ConfigError(f"{call.name}: Illegal option '{option}'", word.span)


# --- the table ------------------------------------------------------------------------------------

_ON_OFF: Final = _any_case("on off")

_TABLE: Final[tuple[tuple[str, Check], ...]] = (
    (
        """MellonCacheSize MellonCacheEntrySize MellonPostTTL MellonPostCount MellonPostSize
        MellonSessionLength MellonSessionIdleTimeout MellonProbeDiscoveryTimeout
        MellonEnvVarsIndexStart AuthYubiKeyTimeout FormMaxSize LookupDbusTimeout""",
        _first(_is_integer, "Invalid value for directive {name}, expected integer"),
    ),
    (
        "MellonEnable",
        _first(_any_case("off info auth"), "parameter must be 'off', 'info' or 'auth'"),
    ),
    (
        "MellonSecureCookie",
        _first(
            _any_case("on off secure httponly"),
            "parameter must be 'on', 'off', 'secure' or 'httponly'",
        ),
    ),
    (
        "CASDebug CASSSOEnabled CASValidateSAML CASCookieHttpOnly CASPreserveTicket",
        _first(_ON_OFF, "MOD_AUTH_CAS: Invalid argument to {name} - must be 'On' or 'Off'"),
    ),
    (
        "CASCookieEntropy CASIdleTimeout CASCacheCleanInterval",
        _first(_at_least(1), "MOD_AUTH_CAS: Invalid {name} ({value}) specified - must be numeric"),
    ),
    (
        """WSGISocketRotation WSGILazyInitialization WSGIVerboseDebugging WSGIDontWriteBytecode
        WSGIDestroyInterpreter WSGIRestrictEmbedded WSGIRestrictStdin WSGIRestrictStdout
        WSGIRestrictSignal WSGICaseSensitivity WSGIPassApacheRequest WSGIPassAuthorization
        WSGIScriptReloading WSGIErrorOverride WSGIChunkedRequest WSGIIgnoreActivity
        WSGIEnableSendfile WSGIGroupAuthoritative WSGIServerMetrics""",
        _first(_ON_OFF, "{name} must be one of: Off | On"),
    ),
    (
        "WSGIMapHEADToGET",
        _first(_any_case("on off auto"), "{name} must be one of: Off | On | Auto"),
    ),
    (
        "WSGIPythonHashSeed",
        _first(
            lambda text: text == "random" or _between(0, 2**32 - 1)(text),
            '{name} must be "random" or an integer in range [0; 4294967295]',
        ),
    ),
    (
        """PassengerForceMaxConcurrentRequestsPerProcess PassengerLogLevel PassengerLveMinUid
        PassengerMaxInstancesPerApp PassengerMaxPoolSize PassengerMaxPreloaderIdleTime
        PassengerMaxRequestQueueSize PassengerMaxRequests PassengerMinInstances
        PassengerPoolIdleTime PassengerResponseBufferHighWatermark PassengerSocketBacklog
        PassengerStartTimeout PassengerStatThrottleRate RailsAppSpawnerIdleTime
        RailsMaxInstancesPerApp RailsMaxPoolSize RailsPoolIdleTime""",
        _first(_is_integer, "Invalid number specified for {name}."),
    ),
    (
        """PassengerLogLevel PassengerLveMinUid PassengerMaxInstancesPerApp
        PassengerMaxPreloaderIdleTime PassengerMaxRequestQueueSize PassengerMaxRequests
        PassengerMinInstances PassengerPoolIdleTime PassengerResponseBufferHighWatermark
        PassengerSocketBacklog RailsAppSpawnerIdleTime RailsMaxInstancesPerApp RailsPoolIdleTime""",
        _first(_at_least(0), "{name} must be at least 0."),
    ),
    (
        "PassengerMaxPoolSize PassengerStartTimeout RailsMaxPoolSize",
        _first(_at_least(1), "{name} must be at least 1."),
    ),
    (
        "PassengerBaseURI RackBaseURI RailsBaseURI",
        _first(lambda text: text.startswith("/"), "PassengerBaseURI must start with a slash (/)"),
    ),
    (
        "PassengerSpawnMethod RailsSpawnMethod",
        _first(
            _exactly("smart direct conservative smart-lv2"),
            "PassengerSpawnMethod may only be 'smart', 'direct'.",
        ),
    ),
    (
        "FcgidIOTimeout IPCCommTimeout",
        _first(_at_least(1), "FcgidIOTimeout must be greater than 0"),
    ),
    (
        "FcgidMaxRequestLen MaxRequestLen",
        _first(
            _between(0, 2**63 - 1),
            "FcgidMaxRequestLen requires a non-negative integer.",
        ),
    ),
    ("FcgidWrapper FCGIWrapper", _fcgid_wrapper),
    ("FcgidAccessChecker FastCgiAccessChecker", _fcgid_program("Access checker")),
    ("FcgidAuthenticator FastCgiAuthenticator", _fcgid_program("Authenticator")),
    ("FcgidAuthorizer FastCgiAuthorizer", _fcgid_program("Authorizer")),
    ("TKTAuthPublicKey", _there("unable to open public key file '{path}'")),
    (
        """MellonSPMetadataFile MellonSPPrivateKeyFile MellonSPCertFile MellonIdPPublicKeyFile
        MellonIdPMetadataFile MellonIdPCAFile""",
        _there('apr_stat: Error opening "{path}" [2] "No such file or directory"'),
    ),
    (
        "SecGeoLookupDB",
        _there('Could not open geo database "{path}": No such file or directory', words=1),
    ),
    (
        "SecUnicodeMapFile",
        _there('Could not open unicode map file "{path}": No such file or directory', words=1),
    ),
    ("JkMountFile", _there("JkMountFile: Can't find the mount file specified")),
    ("JkWorkersFile", _jk_workers_file),
    ("JkMount JkUnMount", _jk_mount),
    ("JkOptions", _jk_options),
    (
        "BandWidth MinBandWidth MaxConnection",
        _first(lambda text: re.match("-?[0-9]", text) is not None, "Invalid argument", index=1),
    ),
    (
        "MellonCookieSameSite",
        _first(
            _any_case("lax none strict"),
            "The {name} parameter must be 'lax', 'none' or 'strict'",
        ),
    ),
    (
        "MellonDiagnosticsEnable MellonEnabledInvalidateSessionEndpoint MellonSendExpectHeader",
        _first(_ON_OFF, "{name}: must be one of: 'on', 'off'"),
    ),
    ("JkMountCopy", _first(_any_case("all on off"), "{name} must be All, On or Off")),
    ("JkStripSession", _first(_ON_OFF, "{name} must be On or Off")),
    ("GssapiAllowedMech GssapiBasicAuthMech", _gssapi_mechanisms),
    ("AssignUserID", _assign_user),
    (
        "SVNPathAuthz",
        _first(_any_case("on off short_circuit"), "Unrecognized value for {name} directive"),
    ),
    (
        "SVNAllowBulkUpdates",
        _first(_any_case("on off prefer"), "Unrecognized value for {name} directive"),
    ),
    (
        "QS_LocRequestLimitDefault QS_ClientEventPerSecLimit QS_MaxClients",
        _first(
            lambda text: atoi(text) > 0 or text == "0", "{name}: number must be numeric value >=0"
        ),
    ),
    (
        "QS_SrvMaxConn QS_SrvMaxConnPerIP",
        _first(_at_least(1), "{name}: number must be numeric value >0"),
    ),
    (
        "QS_LocRequestPerSecLimit QS_LocKBytesPerSecLimit QS_EventPerSecLimit",
        _first(_at_least(1), "{name}: number must be numeric value >0", index=1),
    ),
)


def _checks() -> dict[str, Check]:
    checks: dict[str, Check] = {}
    for names, check in _TABLE:
        for name in names.lower().split():
            checks[name] = each_of((checks[name], check)) if name in checks else check
    return checks | openidc.CHECKS | wsgi.CHECKS | security.CHECKS


CHECKS: Final = _checks()


def read_value(call: Call) -> object:
    """Checks the values of a directive; what later uses of it must know of them, if anything."""
    check = CHECKS.get(call.name.lower())
    return check(call) if check else None
