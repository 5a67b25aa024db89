"""What is wrong with a node of the tree, as a diagnostic; alike in the read and the walk phase."""

from dataclasses import replace
from typing import Any

from httpdlite.conf.call import ConfigError
from httpdlite.conf.rows import Directive, Refusal
from httpdlite.conf.standing import Class
from httpdlite.conf.tree import Node
from httpdlite.diagnostics import NOT_SUPPORTED, Diagnostic, Phase, Severity


def error_at(node: Node, why: ConfigError, phase: Phase) -> Diagnostic:
    """The diagnostic for an error of a directive or a section."""
    return Diagnostic(
        Severity.ERROR,
        why.code,
        why.message,
        why.span or node.name_span,
        notes=why.notes,
        hint=why.hint,
        phase=phase,
        line=node.line.number,
        apache=why.apache,
    )


def waivable(row: Directive[Any], refusal: Refusal) -> Refusal:
    """A refused value. Where the directive is moot but for such values, its name can be waived."""
    if refusal.subject or row.standing.kind is not Class.MOOT:
        return refusal
    return replace(refusal, subject=row.name)


def not_supported(node: Node, refusal: Refusal, phase: Phase) -> Diagnostic:
    """The diagnostic for what httpd accepts and httpdlite refuses."""
    return Diagnostic(
        Severity.ERROR,
        NOT_SUPPORTED,
        refusal.reason,
        refusal.span or node.name_span,
        hint=refusal.hint,
        phase=phase,
        line=node.line.number,
        subject=refusal.subject,
    )
