"""SetEnvIf: when its values are taken as they are written."""

import pytest

from httpdlite.conf.directives.mod_setenvif import SET_ENV_IF
from httpdlite.routes.variables import compile_variables
from tests.routes.header_stand import request_of, scope_of


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r"SetEnvIf Request_Method GET A=$0", "$0"),
        (r"SetEnvIfNoCase Request_Method get A=$0-\$1", r"$0-\$1"),
        (r"SetEnvIf X-Q a\.b A=$0", "$0"),
        (r"SetEnvIf X-Q a.b A=$0-\$1", "a.b-$1"),
        (r"SetEnvIf X-Q ^a A=$0", "a"),
        (r'SetEnvIfExpr "%{HTTP:X-Q} =~ /(.)$/" A=$1', "b"),
        (r'SetEnvIfExpr "! %{HTTP:X-Q} =~ /(z)/" A=$1\$', r"$1\$"),
        (r'SetEnvIfExpr "true" A=\$1', "$1"),
    ],
)
def test_values(line: str, expected: str) -> None:
    variables = compile_variables(scope_of(line)[SET_ENV_IF])
    assert variables is not None
    request = request_of("X-Q: a.b")
    variables.run(request)
    assert request.environment == {"a": expected}
