"""Mail of Outlook whose words are HTML alone."""

import pytest

from compound import compound

PAGE = (
    "<html><head><meta charset='utf-8'></head><body><h1>Gate</h1><p>It closes at <b>six</b> \u00e4.</p></body></html>"
)


def mail(**streams):
    named = {f"__substg1.0_{name[1:]}": data for name, data in streams.items()}
    return compound(
        {"__properties_version1.0": bytes(32), "__substg1.0_0037001F": "Hours".encode("utf-16-le"), **named}
    )


@pytest.mark.parametrize("kind", ["_10130102", "_1013001F"])
def test_html_is_read_where_there_is_no_plain_text(converted, kind):
    data = PAGE.encode("utf-16-le" if kind.endswith("F") else "utf-8")
    source = converted("a.msg", mail(**{kind: data}))
    assert source.text.endswith("Gate\n\nIt closes at six \u00e4.")
    assert source.title == "Hours"


def test_plain_text_comes_first(converted):
    text = converted("a.msg", mail(_10130102=PAGE.encode(), _1000001F="Only this.".encode("utf-16-le"))).text
    assert "Only this." in text
    assert "It closes" not in text
