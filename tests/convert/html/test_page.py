import re
import subprocess
import sys

import pytest

from spanwise.convert.encodings import decode_html
from spanwise.convert.html.page import convert_html
from spanwise.errors import ConversionError


def text_of(html):
    return convert_html(html.encode()).text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>foo<b>bar</b> baz <i> qux </i>.</p>", "foobar baz qux ."),
        ("<p>a\n   b&nbsp;&amp;&#233;c</p>", "a b &éc"),
        ("<p>one<p>two", "one\n\ntwo"),
        ("<h1>H</h1>text<h2>I</h2>", "H\n\ntext\n\nI"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<p>a<!-- comment -->b<script>c()</script></p><style>d</style>", "ab"),
        ("<p>soft&shy;hyphen, zero&#8203;width</p>", "softhyphen, zerowidth"),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>", "- a\n  - b\n- c"),
        ("<ol start=3><li>a<li value=9>b<li>c</ol>", "3. a\n9. b\n10. c"),
        ("<p>x</p><ol><li><p>a</p></li><li><p>b</p></li></ol><p>y</p>", "x\n\n1. a\n2. b\n\ny"),
        ("<dl><dt>-a</dt><dt>--all</dt><dd><p>All.</p><p>Really.</p></dd><dt>-b</dt><dd>B</dd></dl>",
         "-a\n--all\n    All.\n\n    Really.\n\n-b\n    B"),
        ("<dl><dt>t<dt>u<dd>x<dd>y</dl>z", "t\nu\n    x\n    y\n\nz"),
        ("<p>see:</p><pre>\n  if x:\n\n    y\n</pre>done", "see:\n\n  if x:\n\n    y\n\ndone"),
        ("<pre><div>a</div><div>b<br>c</div></pre>", "a\nb\nc"),
        ("<p>2<sup>31</sup>-1, 4<sup>th</sup>, H<sub>2</sub>O</p>", "2^31-1, 4th, H2O"),
        ("<p>a<button>Copy</button></p><p>b<datalist><option>c</datalist></p>", "a\n\nb"),
    ],
)  # fmt: skip
def test_blocks(html, text):
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<table><tr><th>Name<th>Port<tr><td>alpha<td>8443</table>", "Name: alpha; Port: 8443"),
        ("<table><caption>Ports</caption><tr><td>a<td><td>1<tr><td>b<td><td>2</table>", "Ports\na | 1\nb | 2"),
        ("<table><tr><th>H<th>I<tr><td><ul><li>a<li>b</ul><td>c</table>", "H: - a - b; I: c"),
        ("<table><tr><td>Note<td><p>First.</p><p>Second.</p></table>", "Note\n\nFirst.\n\nSecond."),
        ("<table><tr><td><h2>T</h2><p>p</p><td>menu<tr><td>a<td>b</table>", "T\n\np\n\nmenu\na\nb"),
        ("<table><tr><td>x<td><table><tr><th>A<th>B<tr><td>1<td>2</table></table>", "x\n\nA: 1; B: 2"),
        ("<table role=presentation><tr><td>a<td>b<tr><td>c<td>d</table>", "a\nb\nc\nd"),
    ],
)
def test_tables(html, text):
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title> The\n Title </title><h1>Heading</h1>", "The Title"),
        ("<title></title><h1>The <i>heading</i></h1>", "The heading"),
        ("<p>no title</p>", None),
        ("---\ntitle: Ports\n---\n<h1>{{ page.title }}</h1>", "Ports"),
        ("---\nlayout: page\n---\n<h1>Ports</h1>", "Ports"),
    ],
)
def test_title(html, title):
    assert "layout" not in convert_html(html.encode()).text
    assert convert_html(html.encode()).title == title


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("<p>é</p>".encode(), "<p>é</p>"),
        ("<p>é</p>".encode("utf-16"), "<p>é</p>"),
        (b"<meta charset=iso-8859-1>\x93\xe9\x94", "<meta charset=iso-8859-1>“é”"),
        (
            b'<meta http-equiv=x content="text/html; charset=koi8-r">\xd0',
            '<meta http-equiv=x content="text/html; charset=koi8-r">п',
        ),
        (b"<?xml version='1.0' encoding='shift_jis'?>\x93\xfa", "<?xml version='1.0' encoding='shift_jis'?>日"),
        (b"<meta charset=utf-8>caf\xe9", "<meta charset=utf-8>café"),
        (b"<meta charset=no-such>ok", "<meta charset=no-such>ok"),
        (b"<meta charset=hex>ok", "<meta charset=hex>ok"),
    ],
)
def test_encoding(data, text):
    assert decode_html(data) == text


@pytest.mark.parametrize("opening", ["<div>", "<span>", "<b>", "<ul><li>", "<table><tr><td>"])
def test_deep_nesting_loses_nothing(opening):
    text = text_of(f"<p>before</p>{opening * 10_000}deep")
    assert re.findall(r"\w+", text) == ["before", "deep"]


def test_a_text_node_of_twenty_megabytes():
    assert len(text_of(f"<p>{'word ' * 4_000_000}</p>")) == 19_999_999


@pytest.mark.parametrize("html", ["", "  ", "<!-- nothing -->", "<script>x</script>", "<p></p>"])
def test_pages_without_text(html):
    assert text_of(html) == ""


@pytest.mark.parametrize("html", ["<", "<p", "a</p></div></td>", "<td>a", "<table>a<p>", "&#xD800;a&#0;", "<a <b>a"])
def test_malformed_pages(html):
    assert text_of(html).encode()[-1:] in {b"", b"a", b"<", b"\xbd"}


@pytest.mark.parametrize("megabytes", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_a_page_of_one_long_line(megabytes):
    times = megabytes * 50_000
    page = b"<p>" + b"word <b>bold</b> text " * times
    code = (
        "import resource, sys; from spanwise.convert.html.page import convert_html; page = sys.stdin.buffer.read();"
        f" resource.setrlimit(resource.RLIMIT_AS, ({200 + 40 * megabytes} << 20,) * 2);"
        " print(len(convert_html(page).text))"
    )
    run = subprocess.run([sys.executable, "-c", code], input=page, capture_output=True, check=True, timeout=300)
    assert int(run.stdout) == len("word bold text ") * times - 1


def test_binary_data_is_refused():
    with pytest.raises(ConversionError, match="binary data"):
        convert_html(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
