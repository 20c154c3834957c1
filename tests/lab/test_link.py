"""One direction of one link, without a clock."""

from itertools import pairwise

import pytest

from hamseda_lab.link import Direction, LinkSettings

MANY = 50_000


def fates(settings: LinkSettings, count: int = MANY, seed: str = "a") -> list[float | None]:
    """Send small packets 20 ms apart and give what became of each: its delay, or None."""
    link = Direction(settings, seed)
    found: list[float | None] = []
    for number in range(count):
        arrives = link.send(100, number * 0.02)
        found.append(None if arrives is None else arrives - number * 0.02)
    return found


def bursts(found: list[float | None]) -> list[int]:
    """Give the lengths of the runs of lost packets."""
    lengths = [0]
    for before, now in pairwise([0.0, *found]):
        if now is None:
            if before is not None:
                lengths.append(0)
            lengths[-1] += 1
    return lengths[1:]


def test_a_perfect_link_delivers_at_once() -> None:
    """What nobody asked for must not colour a measurement."""
    assert set(fates(LinkSettings(), 100)) == {0.0}


def test_a_delay_is_the_same_for_all() -> None:
    """100 ms of round trip is what the results say it is."""
    assert all(delay == pytest.approx(0.05) for delay in fates(LinkSettings(delay_ms=50), 100))


def test_random_loss_is_as_frequent_as_said_and_has_no_memory() -> None:
    """Otherwise one number in a table would mean two things."""
    found = fates(LinkSettings(loss=0.1))
    assert found.count(None) / MANY == pytest.approx(0.1, rel=0.1)
    lengths = bursts(found)
    assert sum(lengths) / len(lengths) == pytest.approx(1 / 0.9, rel=0.05)


@pytest.mark.parametrize(("loss", "burst"), [(0.05, 3.0), (0.1, 8.0), (0.5, 2.0)])
def test_bursts_are_as_long_and_loss_as_frequent_as_said(loss: float, burst: float) -> None:
    """A burst breaks what a single loss does not."""
    found = fates(LinkSettings(loss=loss, burst=burst))
    lengths = bursts(found)
    assert found.count(None) / MANY == pytest.approx(loss, rel=0.1)
    assert sum(lengths) / len(lengths) == pytest.approx(burst, rel=0.1)


def test_the_same_seed_gives_the_same_fate() -> None:
    """A failure on a lossy link must be repeatable."""
    settings = LinkSettings(loss=0.2, jitter_ms=30, reorder=0.1)
    assert fates(settings, 500) == fates(settings, 500)
    assert fates(settings, 500) != fates(settings, 500, seed="b")


def test_a_rate_makes_packets_wait_and_a_full_queue_drops_them() -> None:
    """A slow link is first late and then lossy, as real ones are."""
    link = Direction(LinkSettings(rate_kbit=8, queue_bytes=2000), "a")
    assert [link.send(1000, 0.0) for _ in range(3)] == [1.0, 2.0, None]
    assert link.traffic.overflowed_packets == 1
    assert link.send(1000, 5.0) == pytest.approx(6.0)


def test_jitter_keeps_the_order_and_reordering_does_not() -> None:
    """Wi-Fi delays; only parallel paths overtake."""
    link = Direction(LinkSettings(delay_ms=10, jitter_ms=200), "a")
    arrivals = [link.send(100, number * 0.02) or 0.0 for number in range(500)]
    assert arrivals == sorted(arrivals)
    assert max(at - number * 0.02 for number, at in enumerate(arrivals)) > 0.15
    link.change(LinkSettings(delay_ms=100, reorder=0.1))
    arrivals = [link.send(100, 20 + number * 0.02) or 0.0 for number in range(500)]
    assert arrivals != sorted(arrivals)


def test_a_link_that_is_down_carries_nothing() -> None:
    """A cut cable is the plainest trouble of all."""
    link = Direction(LinkSettings(), "a")
    link.change(LinkSettings(is_up=False))
    assert link.send(100, 1.0) is None
    link.change(LinkSettings())
    assert link.send(100, 2.0) == 2.0
    assert (link.traffic.offered_packets, link.traffic.carried_packets) == (2, 1)
    assert (link.traffic.offered_bytes, link.traffic.carried_bytes) == (200, 100)


@pytest.mark.parametrize(
    "impossible",
    [{"loss": 1.1}, {"delay_ms": -1}, {"burst": 0.5}, {"loss": 0.9, "burst": 2}, {"rate_kbit": 0}],
)
def test_settings_that_no_link_can_have_are_refused(impossible: dict[str, float]) -> None:
    """A typo in a profile must not become a result."""
    with pytest.raises(ValueError, match=r"."):
        LinkSettings(**impossible)  # pyright: ignore[reportArgumentType]
