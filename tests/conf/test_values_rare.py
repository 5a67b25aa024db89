"""DAV, heartbeats, Lua and other modules that few have: what httpd takes, and what it says."""

import pytest

from tests.conf.reading import codes, errors, read, verdict
from tests.conf.value_table import Case, expected, our_message, parse_table, refused, taken

CASES = parse_table(
    r"""
## DAV
<Location /x> ⏎ DAV On ⏎ </Location>
<Location /x> ⏎ DAV off ⏎ </Location>
<Location /x> ⏎ DAV filesystem ⏎ </Location>
<Location /x> ⏎ DAV FileSystem ⏎ </Location>
! Unknown DAV provider: FileSystem
DAV On
! DAV not allowed here
DAVMinTimeout x
DAVMinTimeout 2147483648
! DAVMinTimeout requires a non-negative integer.
DAVLockDB no/such/place
## heartbeats
HeartbeatListen 127.0.0.1:80
HeartbeatListen localhost:80 ⏎ HeartbeatListen x
! HeartbeatListen: May only be specified once.
HeartbeatListen 239.0.0.1
! HeartbeatListen: No port provided in multicast address
HeartbeatListen 80
! HeartbeatListen: No host provided in multicast address
HeartbeatListen 239.0.0.1:0
! HeartbeatListen: Unable to parse multicast address.
HeartbeatListen [::1]:80
! HeartbeatListen: apr_sockaddr_info_get failed on multicast address
HeartbeatListen nosuch.invalid:80
! HeartbeatListen: apr_sockaddr_info_get failed on multicast address
HeartbeatAddress 239.0.0.1:27999
HeartbeatAddress 239.0.0.1
! HeartbeatAddress: No port provided in address
HeartbeatAddress 80
! HeartbeatAddress: No host provided in address
HeartbeatAddress :80
! HeartbeatAddress: Unable to parse address.
HeartbeatAddress [::1]:80
! HeartbeatAddress: apr_sockaddr_info_get failed.
HeartbeatMaxServers 10
HeartbeatMaxServers x
HeartbeatMaxServers 9
! HeartbeatMaxServers: Should be 0 for file storage, or greater or equal than 10 for slotmem
## methods
<Location /x> ⏎ AllowMethods GET BASELINE-CONTROL ⏎ </Location>
<Location /x> ⏎ AllowMethods Reset ⏎ </Location>
<Location /x> ⏎ AllowMethods GET "" ⏎ </Location>
RegisterHttpMethod FOO ⏎ <Location /x> ⏎ AllowMethods FOO ⏎ </Location>
<Location /x> ⏎ AllowMethods BAR ⏎ </Location>
! AllowMethods: Invalid Method 'BAR'
<Location /x> ⏎ AllowMethods GET reset ⏎ </Location>
! AllowMethods: Invalid Method 'reset'
<Location /x> ⏎ AllowMethods get ⏎ </Location>
! AllowMethods: Invalid Method 'get'
<Location /x> ⏎ AllowMethods "" GET ⏎ </Location>
! AllowMethods: Invalid Method ''
<Location /x> ⏎ AllowMethods ⏎ </Location>
! AllowMethods: No method or 'reset' keyword given
## Lua
LuaScope thread x y
LuaScope ONCE
! Invalid value for LuaScope, 'ONCE', acceptable values are: 'once', 'request', 'conn', 'thread', 'server'
LuaInherit Parent-First
LuaInherit x
! LuaInherit type of 'x' not recognized, valid options are 'none', 'parent-first', and 'parent-last'
LuaCodeCache STAT
LuaCodeCache x
! LuaCodeCache type of 'x' not recognized, valid options are 'never', 'stat', and 'forever'
LuaHookTranslateName missing.lua f LATE
LuaHookTranslateName a b x
! Third argument must be 'early' or 'late'
LuaHookCheckUserID a b x
LuaHookAuthChecker a b x
! Third argument must be 'early' or 'late'
LuaHookInsertFilter a b
! LuaHookInsertFilter not yet implemented
LuaMapHandler ^/(\w+)$ /x/$1.lua handle_$1
LuaMapHandler ( a
! Invalid regex pattern!
<Directory /x> ⏎ LuaHookFixups a b ⏎ </Directory>
<Directory /x> ⏎ LuaQuickHandler a b ⏎ </Directory>
! LuaQuickHandler cannot occur within <Directory> section
<Files x> ⏎ LuaOutputFilter f a b ⏎ </Files>
! LuaOutputFilter cannot occur within <Files> section
LuaAuthzProvider a b
! LuaAuthzProvider takes three arguments
<LuaHookFixups f late> ⏎ return 0 ⏎ </LuaHookFixups>
<LuaHookFixups> ⏎ return 0 ⏎ </LuaHookFixups>
<LuaHookFixups f ""> ⏎ return 0 ⏎ </LuaHookFixups>
<LuaQuickHandler f x> ⏎ return 0 ⏎ </LuaQuickHandler>
! <LuaQuickHandler> 2nd argument must be 'early' or 'late'
## others
SuexecUserGroup root root
! SuexecUserGroup configured, but suEXEC is disabled: Missing suexec binary /usr/lib/apache2/suexec
ProtocolEcho x
! ProtocolEcho must be On or Off
IdentityCheck On
IdentityCheckTimeout x
<Location /x> ⏎ ModemStandard v.92 ⏎ </Location>
<Location /x> ⏎ ModemStandard x ⏎ </Location>
! mod_dialup: Unknown Modem Standard specified.
"""  # noqa: E501 - httpd's messages
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_value(case: Case) -> None:
    assert our_message(case.text) == expected(case)


def test_what_httpd_takes_can_stand_together() -> None:
    assert our_message(taken(CASES)) == ""
    assert len(refused(CASES)) < 150


def test_dav_needs_the_module_that_brings_the_resources() -> None:
    text = "LoadModule dav_module x.so\n<Location /x>\nDAV On\n</Location>\n"
    assert verdict(read(text))[-1] == "Unknown DAV provider: filesystem"


REFUSED = {
    "<Location /x>\nDAV On\n</Location>": "DAV",
    "<Location /x>\nAllowMethods GET\n</Location>": "AllowMethods",
    "ProtocolEcho On": "ProtocolEcho",
    "HeartbeatAddress 127.0.0.1:80": "HeartbeatAddress",
    "LuaHookAccessChecker a b": "LuaHookAccessChecker",
    "<Directory /x>\nLuaHookFixups a b\n</Directory>": "LuaHookFixups",
    "<LuaHookFixups f>\nreturn 0\n</LuaHookFixups>": "<LuaHookFixups>",
    "LuaAuthzProvider a b c": "LuaAuthzProvider",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_keeps_the_server_from_starting(text: str) -> None:
    assert [found.subject for found in errors(read(f"{text}\n"))] == [REFUSED[text]]


@pytest.mark.parametrize(
    "text",
    [
        "<Location /x>\nDAV Off\nDAVMinTimeout 5\n</Location>",
        "<Directory /x>\nDAV On\n</Directory>",
        "ProtocolEcho Off",
        "HeartbeatListen 127.0.0.1:80",
        "LuaRoot /x",
        "IdentityCheck On",
    ],
)
def test_what_is_without_effect(text: str) -> None:
    assert codes(read(f"{text}\n")) == []
