import pytest

from spanwise.convert.html.page import convert_html

CONTENT = "<p>The port is 8443.</p>"


@pytest.mark.parametrize(
    "furniture",
    [
        "<nav><a href=x>Home</a></nav>",
        "<div role=navigation>Home</div>",
        "<div role=banner>Site</div>",
        "<form role=search>Search</form>",
        "<header>Site <nav>Home</nav></header>",
        "<footer>Copyright</footer>",
        "<aside><ul><li><a href=x>Other</a></ul></aside>",
        "<div class='navbar dark'><a href=x>Home</a> <a href=y>Docs</a></div>",
        "<div id=side-bar class=sidebar><a href=x>Home</a></div>",
        "<ul class='md-breadcrumbs breadcrumb'><li><a href=x>Docs</a><li>Here</ul>",
        "<a class=skip-link></a><p class=skip><a href='#main'>Skip to content</a></p>",
        "<p hidden>draft</p>",
        "<p style='color:red; display : none'>draft</p>",
        "<i aria-hidden=true>arrow_forward</i>",
        "<a href='#ports'>¶</a>",
        "<a href='#ports'>\uf0c1</a><a href='#ports'>🔗\ufe0e</a>",
        "<a href=x hidden>draft</a>",
        "<noscript>No JavaScript</noscript><template>t</template><svg><title>Icon</title></svg>",
    ],
)
def test_furniture_is_dropped(furniture):
    assert convert_html(f"<body>{furniture}{CONTENT}</body>".encode()).text == "The port is 8443."


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<article><header><h1>T</h1></header><footer>Note</footer></article>", "T\n\nNote"),
        ("<header><h1>Pier</h1><nav>Home</nav></header><p>Text</p>", "Pier\n\nText"),
        ("<header><p>Abstract</p></header>", "Abstract"),
        ("<aside>Beware of the <a href=x>dog</a>, it bites.</aside>", "Beware of the dog, it bites."),
        ("<div class=sidebar>A sidebar of content with <a href=x>one</a> link.</div>",
         "A sidebar of content with one link."),
        ("<h2 id=menu><a href='#menu'>Menu</a></h2>", "Menu"),
        ("<div class=menu><p>Soup, 5 euros</p></div>", "Soup, 5 euros"),
        ("<ul><li><a href=x>git-add</a><li><a href=y>git-rm</a></ul>", "- git-add\n- git-rm"),
        ("<p hidden=until-found>found</p>", "found"),
        ("<body class=nav-open><p>x</p></body>", "x"),
        ("<form><p>The whole page</p><input></form>", "The whole page"),
    ],
)  # fmt: skip
def test_content_is_kept(html, text):
    assert convert_html(html.encode()).text == text


OTHER = "<p>There is more than enough other text on this page to read: the ferry leaves at 07:40 from the old pier.</p>"


@pytest.mark.parametrize(
    "html",
    [
        f"<nav><ul><li><a href=a>Home</a><div></ul></nav><main><h1>Pier</h1>{CONTENT}</main>",
        f"<header><div><nav><ul><li><a href=a>Home</a><div></li></ul></nav></div></header><main>{CONTENT}</main>",
        f"<div role=banner><h1>Pier</h1>{CONTENT}</div>",
        f"<footer>{CONTENT}</footer>",
        f"<div style='display:none'>{CONTENT}</div>",
        f"<noscript><div>Switch on scripts</noscript><main><h1>Pier</h1>{CONTENT}</main>",
        f"<div class=sidebar><a href=x>One</a><a href=y>Two</a><h1><a href=z>Pier</a></h1></div>{CONTENT}",
        f"<div class='content with-sidebar'><a href=a>The port is 8443, said at length.</a></div>{CONTENT}",
        f"<div class='nav-open toc-right has-menu'><a href=a>The port is 8443.</a></div>{OTHER}{CONTENT}",
        f"<noscript><p>The port is 8443.</p></noscript>{OTHER}",
        f"<nav><h2>Menu</h2><a href=x>Home</a></nav><h1>Pier</h1>{CONTENT}",
    ],
)
def test_nothing_takes_the_page_with_it(html):
    assert "The port is 8443" in convert_html(f"<!doctype html><body>{html}".encode()).text


@pytest.mark.parametrize(
    "folded",
    [
        "<details><summary>Port?</summary><p>The port is 8443.</p></details>",
        "<button aria-controls=p1>Port</button><div id=p1 hidden><p>The port is 8443.</p></div>",
        "<a data-bs-target='#p1'>Port</a><div id=p1 class=collapse style='display:none'>The port is 8443.</div>",
        "<a role=tab href='#p1'>Port</a><div id=p1 style='display: none'>The port is 8443.</div>",
        "<div role=tabpanel hidden>The port is 8443.</div>",
        "<div role=tabpanel aria-hidden=true>The port is 8443.</div>",
        "<span aria-hidden=true>The port is 8443.</span><span class=sr-only>eight four four three</span>",
    ],
)
def test_what_a_click_opens_is_content(folded):
    assert "The port is 8443." in convert_html(f"{OTHER}{folded}{OTHER}".encode()).text


@pytest.mark.parametrize(
    "start", ["<div class=fancy_toc>", "<ul id=toc>", "<nav class='toc dark'>", "<div class=toc-list>"]
)
def test_a_table_of_contents_is_in_the_text_but_in_no_passage(start):
    page = convert_html(f"{start}<a href='#1'>1. One</a> <a href='#2'>2. Two</a></div></ul></nav>{OTHER}".encode())
    assert page.text.startswith("1. One 2. Two\n\nThere is")
    assert [(part.kind, part.value, page.text[part.start : part.end]) for part in page.parts] == [
        ("left_out", "contents", "1. One 2. Two")
    ]


@pytest.mark.parametrize("start", ["<header>", "<div role=banner>"])
def test_a_header_of_more_than_menus_is_kept(start):
    page = convert_html(f"{start}<nav><a href=x>Home</a></nav>{OTHER * 3}</header></div>{OTHER * 9}{CONTENT}".encode())
    assert page.text.count("07:40") == 12
    assert "Home" not in page.text


def test_menus_in_menus_take_no_time():
    page = "<div class=menu><a href=x>a</a>text" * 3000
    assert len(convert_html(page.encode()).text.split()) >= 3000


def test_a_page_that_is_only_a_menu_is_kept():
    assert convert_html(b"<title>Index</title><nav><a href=x>Chapter one</a></nav>").text == "Chapter one"


@pytest.mark.parametrize("tag", ["main", "article", "section", "header", "div"])
def test_a_body_without_its_tag(tag):
    assert convert_html(f"<title>T</title><{tag}>The port</{tag}>".encode()).text == "The port"


LINKS = "".join(f"<li><a href={at}.html>Chapter {at} of the manual</a>" for at in range(50))


@pytest.mark.parametrize("start", ["<nav class=sidebar><ol>", "<div role=navigation><ol>", "<div class=sidebar><ol>"])
def test_links_to_chapters_that_are_longer_than_the_chapter_itself(start):
    end = "</ol></nav></div>"
    text = convert_html(f"{start}{LINKS}{end}<main><h1>Pier</h1>{OTHER}</main>".encode()).text
    assert text.startswith("Pier\n\nThere is more")
    # What they stand in, or around, or beside next to nothing, may be the page itself.
    for page in (
        f"<main>{start}{LINKS}{end}<h1>Pier</h1>{OTHER}</main>",
        f"{start}{LINKS}<main><h1>Pier</h1>{OTHER}</main>{end}",
        f"{start}{LINKS}{end}<main>Loading</main>",
        f"{start}{LINKS}{end}<h1>Pier</h1>{OTHER}",
    ):
        assert "Chapter 7 of the manual" in convert_html(page.encode()).text
