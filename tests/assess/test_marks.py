"""Words made once are the words that each row would have been given by itself."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gisplan.assess.marks import begins, joined, mapped, worded

names = st.sampled_from(["A", "B", "AB", "", "; "])


@given(data=st.data(), size=st.integers(0, 8))
def test_texts_are_joined_as_row_by_row(data, size):
    rows = st.lists(st.booleans(), min_size=size, max_size=size)
    marks = data.draw(st.lists(st.tuples(names, rows), max_size=6))
    got = joined([(text, np.array(where, dtype=bool)) for text, where in marks], size, by="; ")
    for i in range(size):
        own = ""
        for text, where in marks:
            if where[i]:
                own = f"{own}; {text}" if own else text
        assert got[i] == own


@given(st.lists(st.sampled_from(["D1", "D21", "X", "", None]), max_size=8))
def test_each_value_is_asked_once_and_missing_stays_apart(values):
    asked = []
    got = mapped(np.array(values, dtype=object), lambda v: asked.append(v) or v.lower(), missing="none")
    assert list(got) == ["none" if v is None else v.lower() for v in values]
    assert len(asked) == len({v for v in values if v is not None})
    codes = np.array([v or "" for v in values], dtype=object)
    assert list(begins(codes, "D")) == [c.startswith("D") for c in codes]


def test_words_by_number():
    assert list(worded(("pass", None), np.array([1, 0, 1], dtype=np.int8))) == [None, "pass", None]
