"""The benchmark's report: every figure has its place, and its ratio to httpdlite's."""

from benchmarks.report import Figure, Sample, write_report

FIGURES = [
    Figure("ping", "httpdlite", Sample(cpu=10.0, rate=2000.0, p50=50.0, p99=80.0)),
    Figure("ping", "nginx", Sample(cpu=12.5, rate=1000.0, p50=40.0, p99=60.0)),
    Figure("idle", "httpdlite", memory=512.0),
    Figure("idle", "nginx", memory=17 * 1024.0),
]


def test_report_holds_values_and_ratios() -> None:
    text = write_report(FIGURES, ["a machine", "nginx: 1"], seconds=2, rounds=5)
    assert "- a machine\n- nginx: 1\n" in text
    assert "| ping | 10.0 | 12.5 (1.25) |" in text
    assert "| ping | 2,000 | 1,000 (0.50) |" in text
    assert "| idle | 0.5 | 17.0 (34.00) |" in text


def test_report_without_the_reference_has_no_ratios() -> None:
    text = write_report(FIGURES[1:2], [], seconds=2, rounds=5)
    assert "| ping | 12.5 |" in text


def test_what_was_not_measured_is_a_dash() -> None:
    text = write_report(FIGURES[:3], [], seconds=2, rounds=5)
    assert "| idle | 0.5 | – |" in text
