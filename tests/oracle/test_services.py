"""Probes by hand."""

from __future__ import annotations

from tests.oracle.cases import event, panes, run


def test_probes_are_counted_by_service_and_nobodys() -> None:
    """(n, up)."""
    result = run(
        event("probe.reported", 1, up=True, partner_id="p"), event("probe.reported", 1, up=False)
    )
    assert panes(result, "h", "probes|all|service=shop") == {1: [2, 1]}
    assert panes(result, "h", "probes|all") == {1: [2, 1]}


def test_latency_is_counted_in_microseconds() -> None:
    """Halves to even; the first bucket ends at a millisecond."""
    latencies = (0.0005, 1, 1.1, 2.5)
    told = [event("probe.reported", 1, up=True, latency_ms=ms) for ms in latencies]
    found = panes(run(*told, event("probe.reported", 1, up=True)), "h", "service_latency|all")
    assert found[1] == {0: 4, 1: 4600, 2: 2, 3: 1, 12: 1}


def test_up_is_true_or_false() -> None:
    """Not 1."""
    assert [r for *_, r in run(event("probe.reported", 1, up=1)).dead] == ["bad_field"]
