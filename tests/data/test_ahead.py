"""Blocks made ahead in threads: in order, whatever takes long; errors where they belong; files closed."""

import threading
import time

import pytest

from hepdl.data.ahead import ahead


def slow_first(task):
    """Three blocks; those of even tasks take longer."""
    for number in range(3):
        time.sleep(0.01 if task % 2 == 0 else 0)
        yield task, number


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_order_is_that_of_tasks_and_blocks(threads):
    found = [block for _, blocks in ahead(range(5), slow_first, threads) for block in blocks]
    assert found == [(task, number) for task in range(5) for number in range(3)]


def test_no_tasks_and_no_blocks():
    assert not list(ahead([], slow_first, 2))
    assert [(task, list(blocks)) for task, blocks in ahead([1, 2], lambda _: (x for x in ()), 2)] == [(1, []), (2, [])]


def test_the_next_block_is_made_meanwhile_and_no_more():
    made = []

    def blocks(task):
        for number in range(4):
            made.append((task, number))
            yield number

    both = threading.Event()
    coming = ahead(range(6), blocks, 2)
    _, first = next(coming)
    assert next(first) == 0
    for _ in range(200):
        if set(made) >= {(0, 1), (1, 0)}:
            both.set()
            break
        time.sleep(0.005)
    assert both.is_set()
    assert set(made) == {(0, 0), (0, 1), (1, 0)}
    coming.close()


def test_an_error_comes_where_its_block_would_have_come():
    closed = []

    def blocks(task):
        try:
            yield task
            if task == 1:
                raise ValueError("bad basket")
        finally:
            closed.append(task)

    found = []
    with pytest.raises(ValueError, match="bad basket"):
        for _, some in ahead(range(4), blocks, 2):
            for block in some:
                found.append(block)
    assert found == [0, 1]
    assert {0, 1, 2} <= set(closed)
