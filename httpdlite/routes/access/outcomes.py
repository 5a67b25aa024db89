"""What a requirement comes to, and what groups of them do (mod_authz_core's authz_status). Pure."""

from enum import Enum


class Outcome(Enum):
    """The values are httpd's words in the log."""

    GRANTED = "granted"
    DENIED = "denied"
    NO_USER = "denied (no authenticated user yet)"
    """Denied, but it might be otherwise if it were known who asks."""
    NEUTRAL = "neutral"
    """It says nothing: a negative requirement that was not met, or one of other methods."""
    FAILED = "neutral "
    """It could not be found out; httpd's log calls it neutral, too."""
