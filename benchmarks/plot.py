"""The benchmark's ratios as a picture, in SVG written by hand.

In: the `Figures` of a run. Out: one document that stands alone: a row per case, a mark per peer at
httpdlite's figure divided by the peer's, on a logarithmic axis, with a line from the lowest to the
highest round. The colours follow the reader's light or dark scheme; marks differ in shape, too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from benchmarks.cases import GROWTHS
from benchmarks.figures import REFERENCE, Figures, Measure, Spread

WIDTH: Final = 860
LEFT: Final = 330  # where the axis begins; before it stand the titles of the cases
RIGHT: Final = WIDTH - 30
TOP: Final = 92
ROW: Final = 32
SIZE: Final = 4.5  # half of a mark
SHIFT: Final = 5.5  # of each peer's marks, so that none hides another

PANELS: Final = (
    (Measure.CPU, "CPU per message"),
    (Measure.MEMORY, "Memory per tunnel"),
)
LEFT_OUT: Final = {case.title for growth in GROWTHS for case in growth}  # a small GET each, again
PEERS: Final = ("apache2", "nginx", "haproxy")

STYLE: Final = """\
text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; }
.panel { font-weight: 600; }
.tick { font-size: 11px; fill: #59636e; text-anchor: middle; }
.card { fill: #ffffff; stroke: #d1d9e0; }
.grid { stroke: #d1d9e0; stroke-width: 1; }
.one { stroke: #59636e; stroke-width: 1.5; }
.better { fill: #1a7f37; fill-opacity: 0.07; }
.apache2 { fill: #b93a0b; stroke: #b93a0b; }
.nginx { fill: #1a7f37; stroke: #1a7f37; }
.haproxy { fill: #0a62c4; stroke: #0a62c4; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .tick { fill: #9198a1; }
  .card { fill: #0d1117; stroke: #3d444d; }
  .grid { stroke: #262c34; }
  .one { stroke: #9198a1; }
  .better { fill: #3fb950; fill-opacity: 0.1; }
  .apache2 { fill: #ff8a5c; stroke: #ff8a5c; }
  .nginx { fill: #3fb950; stroke: #3fb950; }
  .haproxy { fill: #58a6ff; stroke: #58a6ff; }
}"""


@dataclass(frozen=True, slots=True)
class Axis:
    """A logarithmic axis between two ratios."""

    low: float
    high: float

    def place(self, ratio: float) -> float:
        """Where a ratio stands, in pixels."""
        share = math.log(ratio / self.low) / math.log(self.high / self.low)
        return LEFT + share * (RIGHT - LEFT)

    @property
    def ticks(self) -> list[float]:
        """1, 2 and 5 of every decade."""
        return [step for step in steps() if self.low <= step <= self.high]


def steps() -> list[float]:
    """Everything that an axis may begin or end with or be marked at."""
    return [float(f"{digit}e{power}") for power in range(-4, 5) for digit in (1, 2, 5)]


def axis_for(ratios: Sequence[Spread]) -> Axis:
    """The shortest axis that has them all, and 1 not at its edge."""
    low = min([0.5, *(ratio.low for ratio in ratios)])
    high = max([2.0, *(ratio.high for ratio in ratios)])
    least, most = steps()[0], steps()[-1]
    return Axis(
        max((step for step in steps() if step <= low), default=least),
        min((step for step in steps() if step >= high), default=most),
    )


def write_plot(figures: Figures) -> str:
    """The whole document."""
    axis = axis_for(list(plotted(figures).values()))
    body: list[str] = []
    y = TOP
    for measure, heading in PANELS:
        cases = [case for case in figures.cases(measure) if has_ratio(figures, case, measure)]
        if not cases:
            continue
        body.append(text(20, y + 4, heading, "panel"))
        for case in cases:
            y += ROW
            body.append(row(figures, axis, case, measure, y))
        y += ROW + 6
    bottom = y - ROW / 2
    return document([*frame(axis, bottom), *body], int(bottom + 62))


def plotted(figures: Figures) -> dict[tuple[Measure, str, str], Spread]:
    """Every ratio that has a mark."""
    found = {
        (measure, case, peer): figures.ratio(case, peer, measure)
        for measure, _ in PANELS
        for case in figures.cases(measure)
        if case not in LEFT_OUT
        for peer in PEERS
    }
    return {key: ratio for key, ratio in found.items() if ratio is not None and ratio.low > 0}


def has_ratio(figures: Figures, case: str, measure: Measure) -> bool:
    """Whether a case has a mark at all."""
    return any((measure, case, peer) in plotted(figures) for peer in PEERS)


def document(parts: Sequence[str], height: int) -> str:
    """The parts as an SVG document."""
    title = f"CPU and memory of {REFERENCE} relative to Apache, nginx and HAProxy"
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-label="{escape(title)}">'
    )
    return "\n".join(
        [
            opening,
            f"<title>{escape(title)}</title>",
            f"<style>\n{STYLE}\n</style>",
            rectangle("card", 0.5, 0.5, WIDTH - 1, height - 1),
            *parts,
            "</svg>\n",
        ]
    )


def frame(axis: Axis, bottom: float) -> list[str]:
    """Heading, legend, grid and the words below."""
    one = axis.place(1)
    top = TOP - 20
    parts = [
        text(20, 28, f"{REFERENCE}'s figure ÷ the peer's", "title"),
        rectangle("better", LEFT, top, one - LEFT, bottom - top),
    ]
    for number, peer in enumerate(PEERS):
        start = LEFT + 12 + number * 130
        parts += [mark(peer, start, 52, peer), text(start + 14, 56, f"÷ {peer}")]
    for tick in axis.ticks:
        x = axis.place(tick)
        kind = "one" if tick == 1 else "grid"
        parts.append(
            f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom:.1f}"/>'
        )
        parts.append(text(x, bottom + 16, f"{tick:g}", "tick"))
    words = f"left of 1: {REFERENCE} takes less, right of 1: more; a line spans the rounds"
    parts.append(text((LEFT + RIGHT) / 2, bottom + 40, words, "tick"))
    return parts


def row(figures: Figures, axis: Axis, case: str, measure: Measure, y: float) -> str:
    """One case: its title and a mark per peer."""
    parts = [text(32, y + 4, case)]
    for number, peer in enumerate(PEERS):
        ratio = plotted(figures).get((measure, case, peer))
        if ratio is None:
            continue
        low, high = axis.place(ratio.low), axis.place(ratio.high)
        level = y + (number - 1) * SHIFT
        parts.append(
            f'<line class="{peer}" x1="{low:.1f}" x2="{high:.1f}" y1="{level}" y2="{level}" '
            'stroke-width="2" stroke-opacity="0.55"/>'
        )
        words = f"{case}: {ratio.median:.2f} × {peer} ({ratio.low:.2f}–{ratio.high:.2f})"
        parts.append(mark(peer, axis.place(ratio.median), level, words))
    return "\n".join(parts)


def mark(peer: str, x: float, y: float, words: str) -> str:
    """A peer's mark: each has a shape of its own."""
    half = SIZE
    shapes = {
        "apache2": f"M{x - half:.1f} {y - half}h{2 * half}v{2 * half}h{-2 * half}z",
        "nginx": f"M{x:.1f} {y - half - 2}l{half + 2} {half + 2}l{-half - 2} {half + 2}"
        f"l{-half - 2} {-half - 2}z",
        "haproxy": f"M{x - half:.1f} {y}a{half} {half} 0 1 0 {2 * half} 0"
        f"a{half} {half} 0 1 0 {-2 * half} 0z",
    }
    path = f'<path class="{peer}" d="{shapes[peer]}" fill-opacity="0.85">'
    return f"{path}<title>{escape(words)}</title></path>"


def rectangle(kind: str, x: float, y: float, width: float, height: float) -> str:
    """A plain area."""
    size = f'width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" {size}/>'


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """Words at a place."""
    attribute = f' class="{kind}"' if kind else ""
    return f'<text{attribute} x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
