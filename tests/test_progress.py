from spanwise.progress import counting, watched


def test_counts_are_added_up():
    told = []
    count = counting(lambda *state: told.append(state), "reading", 7)
    for more in (3, 4):
        count(more)
    assert told == [("reading", 3, 7), ("reading", 7, 7)]


def test_items_are_reported_before_they_are_yielded():
    told = []
    assert list(watched(lambda *state: told.append(state), "asking", "ab")) == ["a", "b"]
    assert told == [("asking", 0, 2), ("asking", 1, 2)]


def test_without_a_callback_nothing_is_reported():
    counting(None, "reading", 2)(2)
    assert list(watched(None, "asking", [1, 2])) == [1, 2]
