"""A code and its page: what is written about one kind of finding.

In: the texts of a row (codes_reading.py and its like). Out: the page for a terminal and the
section of docs/codes.md. Hides the layout of both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent, fill


@dataclass(frozen=True, slots=True)
class Code:
    """A code and its page.

    `example` is a configuration that gives this finding, `apache` what Apache says about it, where
    FILE stands for the file and N for the line; None if Apache says nothing.
    """

    name: str
    title: str
    means: str
    example: str
    mend: str
    apache: str | None

    def page(self) -> str:
        """The page for a terminal."""
        return "\n".join(
            (
                f"{self.name}: {self.title}",
                "",
                _wrapped(self.means),
                "",
                "For example:",
                "",
                _indented(self.example),
                "",
                _wrapped(f"What to do: {self.mend}"),
                "",
                *self._apache_says(),
            )
        )

    def _apache_says(self) -> Iterator[str]:
        if self.apache is None:
            yield "Apache says nothing about it."
        else:
            yield "Apache says:"
            yield ""
            yield _indented(self.apache)

    def markdown(self) -> str:
        """The page as a section of docs/codes.md."""
        example = f"```apache\n{self.example}\n```"
        said = "Apache says nothing about it."
        if self.apache is not None:
            said = f"Apache says:\n\n```text\n{self.apache}\n```"
        head = f"## {self.name}\n\n**{self.title}.** {self.means}"
        return f"{head}\n\n{example}\n\nWhat to do: {self.mend}\n\n{said}\n"


def _wrapped(text: str) -> str:
    return fill(text, 78, break_long_words=False, break_on_hyphens=False)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def code_row(name: str, title: str, **parts: str | None) -> Code:
    """A row, its texts freed of the layout of this file."""
    flat = {key: " ".join((parts[key] or "").split()) for key in ("means", "mend")}
    apache = parts["apache"]
    return Code(
        name,
        title,
        flat["means"],
        dedent(parts["example"] or "").strip("\n"),
        flat["mend"],
        None if apache is None else dedent(apache).strip("\n"),
    )
