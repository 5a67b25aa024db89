"""The version, and how the server names itself."""

from typing import Final

VERSION: Final = "0.1.0"
SERVER: Final = f"httpdlite/{VERSION}"
