import pytest

from spanwise.convert.html import convert_html

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
        "<div class=fancy_toc><a href='#1'>1. One</a><br><a href='#2'>2. Two</a></div>",
        "<a class=skip-link></a><p class=skip><a href='#main'>Skip to content</a></p>",
        "<p hidden>draft</p>",
        "<p style='color:red; display : none'>draft</p>",
        "<p aria-hidden=true>draft</p>",
        "<a href='#ports'>¶</a>",
        "<noscript>Enable scripts</noscript><template>t</template><svg><text>s</text></svg>",
    ],
)
def test_furniture_is_dropped(furniture):
    assert convert_html(f"<body>{furniture}{CONTENT}</body>".encode()).text == "The port is 8443."


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<article><header><h1>T</h1></header><footer>Note</footer></article>", "T\n\nNote"),
        ("<header><h1>T</h1><nav>Home</nav></header>", "T"),
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


def test_a_page_that_is_only_a_menu_is_kept():
    assert convert_html(b"<title>Index</title><nav><a href=x>Chapter one</a></nav>").text == "Chapter one"


@pytest.mark.parametrize("tag", ["main", "article", "section", "header", "div"])
def test_a_body_without_its_tag(tag):
    assert convert_html(f"<title>T</title><{tag}>The port</{tag}>".encode()).text == "The port"
