"""What mod_security says of its directives: rules word by word, and single values.

In: a `Call`. Out: nothing, or Call.error with the module's message. Rules: mod_security 2.9.7, as
observed with httpd 2.4.71.

1. Of a rule are judged: the names of its variables, of its operator, of its actions and
   transformations, whether they take a parameter, the pattern of @rx, its id and its chain.
2. What else an operator or an action makes of its parameter is accepted, and so are the rules that
   change other rules: a rule that is accepted here may be refused by the module.
3. Ids and chains count among the rules of one section of one server.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.call import VHOST, Call, Enclosing
from httpdlite.conf.directives.third_party.rows import REMEMBERED
from httpdlite.conf.files import Kind, absolute
from httpdlite.conf.numbers import atoi, atol
from httpdlite.conf.rows import Check
from httpdlite.conf.values import each_of, pattern

_WITH_PARAMETER: Final = frozenset("env global ip resource rule session tx user".split())
_MAYBE_PARAMETER: Final = frozenset(
    """args args_get args_get_names args_names args_post args_post_names files files_sizes
    files_tmpnames files_tmp_content geo matched_vars matched_vars_names multipart_part_headers
    perf_rules request_body request_cookies request_cookies_names request_headers
    request_headers_names response_headers response_headers_names xml""".split()
)
_ALONE: Final = frozenset(
    """args_combined_size auth_type duration files_combined_size files_names full_request
    full_request_length highest_severity inbound_data_error matched_var matched_var_name
    modsec_build multipart_boundary_quoted multipart_boundary_whitespace multipart_crlf_lf_lines
    multipart_crlf_line multipart_data_after multipart_data_before multipart_filename
    multipart_file_limit_exceeded multipart_header_folding multipart_invalid_header_folding
    multipart_invalid_part multipart_invalid_quoting multipart_lf_line multipart_missing_semicolon
    multipart_name multipart_strict_error multipart_unmatched_boundary outbound_data_error path_info
    perf_all perf_combined perf_gc perf_logging perf_phase1 perf_phase2 perf_phase3 perf_phase4
    perf_phase5 perf_sread perf_swrite query_string remote_addr remote_host remote_port remote_user
    reqbody_error reqbody_error_msg reqbody_processor reqbody_processor_error
    reqbody_processor_error_msg request_basename request_body_length request_filename request_line
    request_method request_protocol request_uri request_uri_raw response_body
    response_content_length response_content_type response_protocol response_status script_basename
    script_filename script_gid script_groupname script_mode script_uid script_username
    sdbm_delete_error server_addr server_name server_port sessionid status_line stream_input_body
    stream_output_body time time_day time_epoch time_hour time_min time_mon time_sec time_wday
    time_year unique_id urlencoded_error useragent_ip userid webappid webserver_error_log""".split()
)

_OPERATORS: Final = frozenset(
    """beginswith contains containsword detectsqli detectxss endswith eq fuzzyhash ge geolookup
    gsblookup gt inspectfile ipmatch ipmatchf ipmatchfromfile le lt nomatch pm pmf pmfromfile rbl
    rsub rx streq strmatch unconditionalmatch validatebyterange validatedtd validatehash
    validateschema validateurlencoding validateutf8encoding verifycc verifycpf verifyssn
    within""".split()
)
_NEED_PARAMETER: Final = {
    "pm": "pm",
    "pmf": "pmFromFile",
    "pmfromfile": "pmFromFile",
    "ipmatchf": "ipmatchFromFile",
    "ipmatchfromfile": "ipmatchFromFile",
}

_DISRUPTIVE: Final = frozenset("allow block deny drop pass pause proxy redirect".split())
_METADATA: Final = frozenset("id rev msg tag severity ver accuracy maturity logdata".split())
_ALONE_ACTIONS: Final = frozenset(
    """auditlog block capture chain deny drop log multimatch noauditlog nolog pass sanitisematched
    sanitizematched""".split()
)
_MAYBE_ACTIONS: Final = frozenset("allow sanitisematchedbytes sanitizematchedbytes".split())
_ACTIONS: Final = frozenset(
    """accuracy append ctl deprecatevar exec expirevar id initcol logdata marker maturity msg pause
    phase prepend proxy redirect rev sanitisearg sanitiserequestheader sanitiseresponseheader
    sanitizearg sanitizerequestheader sanitizeresponseheader setenv setrsc setsid setuid setvar
    severity skip skipafter status t tag ver xmlns""".split()
)
_TRANSFORMATIONS: Final = frozenset(
    """base64decode base64decodeext base64encode cmdline compresswhitespace cssdecode
    escapeseqdecode hexdecode hexencode htmlentitydecode jsdecode length lowercase md5 none
    normalisepath normalisepathwin normalizepath normalizepathwin parityeven7bit parityodd7bit
    parityzero7bit removecomments removecommentschar removenulls removewhitespace replacecomments
    replacenulls sha1 sqlhexdecode trim trimleft trimright uppercase urldecode urldecodeuni
    urlencode utf8tounicode""".split()
)
_CONTROLS: Final = frozenset(
    """auditengine auditlogparts debugloglevel forcerequestbodyvariable hashenforcement hashengine
    requestbodyaccess requestbodylimit requestbodyprocessor responsebodyaccess responsebodylimit
    ruleengine ruleremovebyid ruleremovebymsg ruleremovebytag ruleremovetargetbyid
    ruleremovetargetbymsg ruleremovetargetbytag""".split()
)
_PHASES: Final = frozenset({"request", "response", "logging"})


# --- lists ----------------------------------------------------------------------------------------

_SPACE: Final = re.compile(r"\s*")
_NAME: Final = re.compile(r"[^\s:,|]*")
_VALUE: Final = re.compile(r"[^\s,|]*")
_QUOTED: Final = re.compile(r"'((?:[^'\\]|\\['\\])*)(.?)", re.DOTALL)


class _ListError(ValueError):
    """A list of variables or actions cannot be taken apart; the message is the module's."""


def _items(text: str) -> Iterator[tuple[str, str | None]]:
    """The `name:value` of a list, by commas, bars or blanks; None where there is no value."""
    at = _skip(text, 0)
    while at < len(text):
        end = _end(_NAME, text, at)
        name = text[at:end]
        at = _skip(text, end)
        if at == end and text[at : at + 1] == ":":
            value, at = _value(text, at + 1)
            yield name, value or (None if text[at : at + 1] in {"", ",", "|"} else "")
            at = _skip(text, at)
            at += text[at : at + 1] in {",", "|"} and at < len(text)
        elif at == len(text) or text[at] in ",|":
            yield name, None
            at += 1
        else:
            raise _ListError(f"Unexpected character at position {at}: {text}")
        at = _skip(text, at)


def _value(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] != "'":
        end = _end(_VALUE, text, at)
        return text[at:end], end
    quoted = _QUOTED.match(text, at)
    assert quoted is not None
    if quoted[2] == "\\" and quoted.end() < len(text):
        raise _ListError(f"Invalid quoted pair at position {quoted.start(2)}: {text}")
    if quoted[2] != "'":
        raise _ListError(f"Missing closing quote at position {len(text)}: {text}")
    return quoted[1], quoted.end()


def _skip(text: str, at: int) -> int:
    return _end(_SPACE, text, at)


def _end(expression: re.Pattern[str], text: str, at: int) -> int:
    found = expression.match(text, at)
    assert found is not None  # it may be empty
    return found.end()


# --- rules ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """What later rules of the same section must know of one."""

    sections: tuple[Enclosing, ...]
    has_chain: bool
    ids: set[str]  # of all rules of the section so far


def _previous(call: Call) -> Rule | None:
    row = REMEMBERED.get("SecRule")
    if row is None:
        return None
    earlier = call.place.earlier.like(row, call.place.sections)
    return earlier[-1] if earlier else None


def sec_rule(call: Call) -> Rule:
    """SecRule: variables, operator, actions."""
    try:
        _check_variables(call.words[0].text)
    except _ListError as why:
        raise call.error(f"Error creating rule: {why}", 0) from None
    _check_operator(call)
    previous = _previous(call)
    is_link = previous is not None and previous.has_chain
    text = call.text(2)
    if text is None and len(call.words) < 3 and not is_link:
        raise call.error("ModSecurity: Rules must have at least id action")
    actions = _actions(call, 2, text or "")
    ids = previous.ids if previous else set()
    _check_chain(call, actions, ids, is_link=is_link)
    _begin_rules(call)
    return Rule(call.place.sections, "chain" in actions, ids)


def sec_action(call: Call) -> None:
    """SecAction: actions alone."""
    previous = _previous(call)
    actions = _actions(call, 0, call.words[0].text)
    is_link = previous is not None and previous.has_chain
    ids = previous.ids if previous else set()
    _check_chain(call, actions, ids, is_link=is_link)
    _begin_rules(call)


def sec_marker(call: Call) -> None:
    """SecMarker: a name, read like the value of an action."""
    _actions(call, 0, f"marker:{call.words[0].text}")
    _begin_rules(call)


def _begin_rules(call: Call) -> None:
    call.place.earlier.note("rules", repr(call.place.sections))


def _check_has_rules(call: Call) -> None:
    if not call.place.earlier.noted("rules", repr(call.place.sections)):
        raise call.error("Updating target by ID with no ruleset in this context")


def sec_default_action(call: Call) -> None:
    """SecDefaultAction: what every rule does that says nothing else."""
    actions = _actions(call, 0, call.words[0].text, prefix="")
    names = ", ".join("id rev msg tag severity ver accuracy maturity logdata".split())
    wrong = {
        f"must not contain any metadata actions ({names}).": bool(
            actions.keys() & (_METADATA - {"severity", "logdata"})
        ),
        "must specify a phase.": "phase" not in actions,
        "must specify a disruptive action.": not actions.keys() & _DISRUPTIVE,
        "must not contain a chain action.": "chain" in actions,
        "must not contain a skip action.": bool(actions.keys() & {"skip", "skipafter"}),
    }
    for problem, is_so in wrong.items():
        if is_so:
            raise call.error(f"ModSecurity: SecDefaultAction {problem}", 0)


def _check_variables(text: str) -> None:
    for name, value in _items(text):
        plain = (name[1:] if name[:1] in {"!", "&"} else name).lower()
        if plain in _WITH_PARAMETER:
            if not value:
                missing = f"Missing mandatory parameter for variable {name}."
                raise _ListError("Parameter required for ENV." if plain == "env" else missing)
        elif plain in _ALONE:
            if value:
                raise _ListError(f"Variable {name} does not support parameters.")
        elif plain not in _MAYBE_PARAMETER:
            raise _ListError(f"Unknown variable: {name}")


def _check_operator(call: Call) -> None:
    text = call.words[1].text
    plain = text[1:].lstrip() if text.startswith("!") else text
    if not plain.startswith("@"):
        name, parameter = "rx", plain
    else:
        name, _, parameter = plain[1:].partition(" ")
    key = name.lower()
    if key not in _OPERATORS:
        raise call.error(f"Error creating rule: Failed to resolve operator: {name}", 1)
    if key in _NEED_PARAMETER and not parameter.strip():
        missing = f"Missing parameter for operator '{_NEED_PARAMETER[key]}'."
        raise call.error(f"Error creating rule: {missing}", 1)
    if key == "rx" and "%{" not in parameter:
        pattern(call, parameter.lstrip(), 1, "Error creating rule: Error compiling pattern")


def _actions(
    call: Call, index: int, text: str, prefix: str = "Error parsing actions: "
) -> dict[str, str | None]:
    """The actions by name in lower case; the last of a name counts."""
    actions: dict[str, str | None] = {}
    try:
        for name, value in _items(text):
            _check_action(name, value)
            actions[name.lower()] = value
    except _ListError as why:
        raise call.error(f"{prefix}{why}", index) from None
    return actions


def _check_action(name: str, value: str | None) -> None:
    key = name.lower()
    if key in _ALONE_ACTIONS:
        if value:
            raise _ListError(f"Extra parameter provided to action {name}")
    elif key in _ACTIONS:
        if value is None:
            raise _ListError(f"Missing mandatory parameter for action {name}")
    elif key not in _MAYBE_ACTIONS:
        raise _ListError(f"Unknown action: {name}")
    if key in _PARAMETER_CHECKS:
        _PARAMETER_CHECKS[key](value or "")


def _check_id(value: str) -> None:
    if value[:1] in {"+", "-"}:
        raise _ListError("Action id does not allow +/- modificators.")
    if not value.isdecimal() or not value.strip("0"):
        raise _ListError(f"ModSecurity: Invalid value for action ID: {value}")


def _check_transformation(value: str) -> None:
    if value.lower() not in _TRANSFORMATIONS:
        raise _ListError(f"Invalid transformation function: {value}")


def _check_allow(value: str) -> None:
    if value.lower() not in {"", "phase", "request"}:
        raise _ListError(f"Invalid parameter for allow: {value}")


def _check_control(value: str) -> None:
    control, equals, _ = value.partition("=")
    if not equals:
        raise _ListError(f"Missing ctl value for name: {control}")
    if control.lower() not in _CONTROLS:
        raise _ListError(f"Invalid ctl name setting: {control}")


_PARAMETER_CHECKS: Final[dict[str, Callable[[str], None]]] = {
    "id": _check_id,
    "t": _check_transformation,
    "allow": _check_allow,
    "ctl": _check_control,
}


def _check_chain(
    call: Call, actions: dict[str, str | None], ids: set[str], *, is_link: bool
) -> None:
    if is_link:
        only = "can only be specified by chain starter rules."
        names = ", ".join("id rev msg tag severity ver accuracy maturity logdata".split())
        for found, what in (
            (_DISRUPTIVE, f"Disruptive actions {only}"),
            ({"skip", "skipafter"}, f"Skip actions {only}"),
            ({"phase"}, f"Execution phases {only}"),
            (_METADATA, f"Metadata actions ({names})  {only}"),
        ):
            if actions.keys() & found:
                raise call.error(f"ModSecurity: {what}")
        return
    number = actions.get("id")
    if number is None:
        raise call.error("ModSecurity: No action id present within the rule")
    if number in ids:
        raise call.error("ModSecurity: Found another rule with the same id")
    phase = actions.get("phase") or "1"
    if phase.lower() not in _PHASES and not 1 <= atoi(phase) <= 5:
        raise call.error("Internal Error: Failed to add rule to the ruleset.")
    ids.add(number)


# --- single values --------------------------------------------------------------------------------


def _is(test: Callable[[str], bool], message: str) -> Check:
    def check(call: Call) -> None:
        value = call.words[0].text
        if not test(value):
            raise call.error(message.format(name=call.name, value=value), 0)

    return check


def _log(what: str) -> Check:
    """The module opens its logs while it reads: the directory must be there."""

    def check(call: Call) -> None:
        path = call.words[0].text
        if path.startswith("|"):
            return
        path = absolute(call.place.server_root, path)
        files = call.place.files
        if files.kind(posixpath.dirname(path)) is not Kind.DIRECTORY or (
            files.kind(path) is Kind.DIRECTORY
        ):
            raise call.error(f"ModSecurity: Failed to open {what} log file: {path}", 0)

    return check


def _not_in_vhost(call: Call) -> None:
    if call.place.context is VHOST:
        raise call.error(
            f"ModSecurity: {call.name} not allowed in VirtualHost", code="wrong-context"
        )


def _one_of(values: str) -> Callable[[str], bool]:
    known = frozenset(values.split())
    return lambda text: text.lower() in known


def _is_mode(text: str) -> bool:
    digits = re.match("[0-7]*", text)
    assert digits is not None
    return text.lower() == "default" or 0 < int(digits[0][:20] or "0", 8) <= 0o7777


_PARTS: Final = "Invalid parts specification for {name}: {value}"
_VALUE_OF: Final = "ModSecurity: Invalid value for {name}: {value}"
_SETTING: Final = "ModSecurity: Invalid setting for {name}: {value}"
_PARAMETER: Final = "ModSecurity: Unrecognised parameter value for {name}: {value}"

_VALUES: Final[tuple[tuple[str, Check], ...]] = (
    (
        """SecDataDir SecGuardianLog SecServerSignature SecPcreMatchLimit
        SecPcreMatchLimitRecursion""",
        _not_in_vhost,
    ),
    ("SecAuditLog", _log("the audit")),
    ("SecDebugLog", _log("debug")),
    ("SecGuardianLog", _log("the guardian")),
    (
        "SecAuditLogParts",
        _is(lambda text: re.fullmatch("[A-KZ]+", text) is not None, _PARTS),
    ),
    (
        """SecRequestBodyAccess SecInterceptOnError SecResponseBodyAccess SecStatusEngine
        SecXmlExternalEntity SecHashEngine SecCacheTransformations""",
        _is(_one_of("on off"), _VALUE_OF),
    ),
    ("SecTmpSaveUploadedFiles", _is(_one_of("on off"), _SETTING)),
    ("SecUploadKeepFiles", _is(_one_of("on off relevantonly"), _SETTING)),
    ("SecRuleEngine SecConnEngine", _is(_one_of("on off detectiononly"), _VALUE_OF)),
    ("SecAuditEngine", _is(_one_of("on off relevantonly"), _PARAMETER)),
    ("SecAuditLogType", _is(_one_of("serial concurrent"), _PARAMETER)),
    ("SecAuditLogFormat", _is(_one_of("json native"), _PARAMETER)),
    (
        "SecRequestBodyLimitAction SecResponseBodyLimitAction",
        _is(_one_of("processpartial reject"), _VALUE_OF),
    ),
    (
        "SecRemoteRulesFailAction",
        _is(
            _one_of("abort warn"), "ModSecurity: Invalid value for {name}, expected: Abort or Warn."
        ),
    ),
    (
        "SecPcreMatchLimit SecPcreMatchLimitRecursion SecUnicodeCodePage",
        _is(lambda text: atol(text) > 0, _SETTING),
    ),
    (
        """SecRulePerfTime SecConnReadStateLimit SecConnWriteStateLimit SecReadStateLimit
        SecWriteStateLimit SecRequestBodyInMemoryLimit
        SecRequestBodyLimit SecRequestBodyNoFilesLimit SecRequestBodyJsonDepthLimit
        SecArgumentsLimit SecResponseBodyLimit""",
        _is(lambda text: atol(text) > 0, _VALUE_OF),
    ),
    (
        "SecResponseBodyLimit",
        _is(
            lambda text: atol(text) <= 1 << 30,
            "ModSecurity: Response size limit can not exceed the hard limit: 1073741824",
        ),
    ),
    ("SecDebugLogLevel", _is(lambda text: 0 <= atoi(text) <= 9, _VALUE_OF)),
    ("SecCookieFormat", _is(_one_of("0 1"), "ModSecurity: Invalid cookie format: {value}")),
    (
        "SecAuditLogDirMode SecAuditLogFileMode SecUploadFileMode",
        _is(_is_mode, _VALUE_OF),
    ),
)


def _checks() -> dict[str, Check]:
    checks: dict[str, Check] = {
        "secrule": sec_rule,
        "secaction": sec_action,
        "secmarker": sec_marker,
        "secdefaultaction": sec_default_action,
        "secruleupdatetargetbyid": _check_has_rules,
    }
    for names, check in _VALUES:
        for name in names.lower().split():
            first = checks.get(name)
            checks[name] = check if first is None else each_of((first, check))
    return checks


CHECKS: Final = _checks()
