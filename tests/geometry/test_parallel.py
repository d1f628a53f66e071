"""Work done ahead, and what is remarked meanwhile."""

from __future__ import annotations

import threading
import warnings

import pytest

from gisplan.geometry import ahead
from gisplan.read import formats


def test_answers_come_in_order_while_the_next_is_being_done() -> None:
    started = [threading.Event() for _ in range(3)]

    def task(k: int) -> int:
        started[k].set()
        return k * k

    got = []
    for k, answer in enumerate(ahead([lambda k=k: task(k) for k in range(3)])):
        assert k == 2 or started[k + 1].wait(5)
        got.append(answer)
    assert got == [0, 1, 4]
    assert list(ahead([])) == []


def test_no_more_than_one_is_done_ahead() -> None:
    begun = []
    answers = ahead([lambda k=k: begun.append(k) for k in range(4)])
    next(answers)
    answers.close()
    assert begun in ([0], [0, 1])


def test_what_goes_wrong_is_raised_in_its_turn() -> None:
    def wrong() -> int:
        raise ValueError("no such layer")

    answers = ahead([lambda: 1, wrong, lambda: 3])
    assert next(answers) == 1
    with pytest.raises(ValueError, match="no such layer"):
        next(answers)


def test_remarks_of_other_threads_are_not_about_the_file() -> None:
    with pytest.warns(UserWarning, match="from elsewhere") as elsewhere, formats.listening() as told:
        warnings.warn("about the file", UserWarning, stacklevel=1)
        other = threading.Thread(target=lambda: warnings.warn("from elsewhere", UserWarning, stacklevel=1))
        other.start()
        other.join()
    assert told == ["about the file"]
    assert len(elsewhere) == 1
