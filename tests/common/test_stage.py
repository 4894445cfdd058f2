"""What long work is at is told to who listens, and to nobody else."""

import threading

from numlp.common.stage import at, each, listening


def test_it_is_told_to_the_listener_of_the_block_alone() -> None:
    inner: list[tuple[str, int, int]] = []
    outer: list[tuple[str, int, int]] = []
    at("nobody listens")
    with listening(lambda *told: outer.append(told)):
        with listening(lambda *told: inner.append(told)):
            at("reading")
        assert list(each("encoding", "ab", 2)) == ["a", "b"]
        other = threading.Thread(target=at, args=("of another thread",))
        other.start()
        other.join()
    at("nobody listens")
    assert inner == [("reading", 0, 0)]
    assert outer == [("encoding", 0, 2), ("encoding", 1, 2)]
