import pytest

from spanwise.convert.html.page import convert_html


def text_of(html):
    return convert_html(html.encode()).text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("45<sup><a href='#fn3'>3</a></sup> euros", "45 [3] euros"),
        ("45<a href='#fn3'><sup>3</sup></a> euros", "45 [3] euros"),
        ("45<sup class=footnote-ref>3</sup> euros", "45 [3] euros"),
        ("45<sup><a role=doc-noteref href='notes.html#n3'>3</a></sup> euros", "45 [3] euros"),
        ("45<sup><a epub:type=noteref href='x#n'>*</a></sup> euros", "45 [*] euros"),
        ("45<sup>[3]</sup> euros", "45 [3] euros"),
        ("45<sup>3)</sup> euros, 100<sup>a</sup>, 7<sup>(b)</sup>", "45 [3] euros, 100 [a], 7 [b]"),
        ("45<sup>3</sup> euros, Falk<sup>7</sup>. It closed.<sup>8</sup>", "45 [3] euros, Falk [7]. It closed. [8]"),
        ("3<sup>4</sup> = 81, 7<sup>2</sup>, (a+b)<sup>2</sup>", "3^4 = 81, 7^2, (a+b)^2"),
        ("45<sup>*</sup> euros, 7<sup>†</sup>", "45 [*] euros, 7 [†]"),
        ("45<sup>1,2</sup> euros, 7<sup>3\u20135</sup>", "45 [1,2] euros, 7 [3\u20135]"),
        ("12 m<sup>2</sup>, 10<sup>-3</sup>, 10<sup>2n+1</sup>", "12 m^2, 10^-3, 10^(2n+1)"),
        ("5 m<sup>3</sup>/s, 80 W/m<sup>2</sup> \u2044 day", "5 m^3/s, 80 W/m^2 \u2044 day"),
        ("4<sup>th</sup> of May, Boat<sup>TM</sup>, Na<sup>+</sup>", "4th of May, BoatTM, Na+"),
        ("H<sub>2</sub>O, 101<sub>2</sub>", "H2O, 101_2"),
        ("2<sup>1</sup>/<sub>2</sub> days, <sup>3</sup>\u2044<sub>4</sub>", "2 1/2 days, 3\u20444"),
    ],
)  # fmt: skip
def test_raised_and_lowered_digits_are_no_digits_of_the_number(html, text):
    assert text_of(f"<p>{html}</p>") == text


def test_a_raised_number_that_a_note_begins_with_is_its_mark():
    page = "<p>The fee is 45<sup>1</sup> euros for 12 m<sup>2</sup>.</p><p><sup>1</sup> Per day.</p>"
    assert text_of(page) == "The fee is 45 [1] euros for 12 m^2.\n\n[1] Per day."
    assert text_of("<p><sup>2</sup>H in 12 m<sup>2</sup></p>") == "2H in 12 m^2"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<mfrac><mn>1</mn><mn>2</mn></mfrac>", "1/2"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>", "(a + b)/2"),
        ("<msup><mi>x</mi><mn>2</mn></msup><mo>\u2212</mo><mn>1</mn>", "x^2 \u2212 1"),
        ("<mo>\u2212</mo><msub><mi>x</mi><mn>1</mn></msub>", "\u2212x_1"),
        ("<msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt>", "√(x + 1)"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", "x^(1/3)"),
        ("<munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><mi>i</mi>", "∑_i^ni"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a, b)"),
        ("<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr></mtable>", "1, 0"),
        ("<semantics><mn>7</mn><annotation encoding='application/x-tex'>7</annotation></semantics>", "7"),
        ("<mn>3</mn><mfrac><mn>1</mn><mn>4</mn></mfrac>", "3 1/4"),
    ],
)
def test_formulas(html, text):
    assert text_of(f"<p>It is <math>{html}</math>.</p>") == f"It is {text}."


def test_a_fraction_behind_a_number_is_no_digit_of_it():
    assert text_of("<p>2<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math> days</p>") == "2 1/2 days"


def test_a_formula_nested_ten_thousand_deep():
    assert "x" in text_of("<math>" + "<mrow>" * 10_000 + "<mi>x</mi>")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ruby>東<rp>(</rp><rt>とう</rt><rp>)</rp>京<rp>(</rp><rt>きょう</rt><rp>)</rp></ruby>", "東京(とうきょう)"),
        ("<ruby>東<rt>とう</rt></ruby><ruby>京<rt>きょう</rt></ruby>", "東京(とうきょう)"),
        ("<ruby><rb>東</rb><rb>京</rb><rt>とう</rt><rt>きょう</rt></ruby>", "東京(とうきょう)"),
        ("<ruby>東京<rtc><rt>Tokyo</rt></rtc></ruby>", "東京(Tokyo)"),
        ("<ruby>北<rt>běi</rt>京<rt>jīng</rt></ruby>", "北京(běi jīng)"),
        ("<ruby>東京</ruby>", "東京"),
    ],
)
def test_readings_stand_beside_the_word(html, text):
    assert text_of(f"<p>in {html}.</p>") == f"in {text}."


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<input value=Lindqvist>", "Name: Lindqvist"),
        ("<input type=email value='a@b.se'>", "Name: a@b.se"),
        ("<input type=hidden value=x><input type=submit value=Send><input type=password value=y>", "Name:"),
        ("<textarea>Two words</textarea>", "Name: Two words"),
        ("<select><option>Norway<option selected>Finland</select>", "Name: Finland"),
        ("<select><option>Norway<option>Finland</select>", "Name: Norway"),
        ("<select multiple><option selected>A<option>B<option selected>C</select>", "Name: A, C"),
        ("<input type=radio checked>yes <input type=radio>no", "Name: ◉ yes ○ no"),
        ("<input type=checkbox>yes", "Name: yes"),
    ],
)
def test_forms_show_what_is_filled_in(html, text):
    assert text_of(f"<form><label>Name: {html}</label></form>") == text


SWITCHES = "<input checked id=a type=radio><!-- c --><input id=b type=radio>"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (f"<div>{SWITCHES}<div><label for=a>Oak</label></div><div>A boat</div></div>", "Oak\nA boat"),
        ("<div><input checked id=a type=radio><label for=a>Oak</label><div>A boat</div></div>", "Oak\nA boat"),
        (f"<div>{SWITCHES}<div>A boat</div></div><form><input type=checkbox> Oak</form>", "A boat\nOak"),
        (f"<div>{SWITCHES}<div>A boat</div></div><p><input type=checkbox checked> Oak", "A boat\n\n☑ Oak"),
        ("<div><input checked id=a type=radio><label for=a>Oak</label></div>", "◉ Oak"),
        ("<div><input checked id=a type=radio> Oak <input id=b type=radio> Elm</div>", "◉ Oak ○ Elm"),
    ],
)
def test_switches_of_tabs_and_drawers_are_no_form(html, text):
    assert text_of(html) == text


@pytest.mark.parametrize(
    "button",
    [
        "<h2><button>How long is it?</button></h2>",
        "<button>How long is it?</button>",
        "<button aria-expanded=false>Length of it</button>",
        "<button class=accordion-button>Length of it</button>",
        "<dl><dt><button>Length of it</button><dd>x</dl>",
    ],
)
def test_buttons_that_fold_something_are_content(button):
    assert text_of(f"{button}<p>9 m.</p>").startswith(("How long is it?", "Length of it"))


def test_a_button_that_does_something_is_not():
    assert text_of("<p>Text</p><button>Add to cart</button>") == "Text"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<b style='display:block'>Opening hours</b><b style='display:block'>Monday</b>", "Opening hours\nMonday"),
        ("<a style='display: Block'>One</a><a style='display:block;'>Two</a>", "One\nTwo"),
        ("<div style=display:flex><span>One</span><span>Two</span></div>", "One\nTwo"),
        ("<b style='display:inline-block'>One</b><b style='display:inline-block'>Two</b>", "One Two"),
        ("<span style='display:inline'>One</span><span>two</span>", "Onetwo"),
        ("<x-tab>One</x-tab><x-tab>Two</x-tab>", "One Two"),
        ("<a href=x>One</a><a href=y>Two</a>", "One Two"),
        ("a<wbr>b<!-- x -->c", "abc"),
    ],
)  # fmt: skip
def test_style_parts_words(html, text):
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<x-c><template shadowrootmode=open><p>07:40</p></template></x-c>", "07:40"),
        ("<x-c><template shadowrootmode=closed><p>07:40</p></template></x-c>", "07:40"),
        ("<x-c><template shadowroot=open><p>07:40</p></template></x-c>", "07:40"),
        ("<x-c><template shadowrootmode=open><h2>At <slot>?</slot></h2></template>07:40</x-c>", "At 07:40"),
        ("<x-c><template shadowrootmode=open><b>At <slot>07:40</slot></b></template></x-c>", "At 07:40"),
        ("<p>07:40</p><template><p>never shown</p></template>", "07:40"),
        ("<iframe srcdoc='&lt;p>07:40&lt;/p>'></iframe>", "07:40"),
        ("<object data=x><p>07:40</p></object>", "07:40"),
        ("<frameset><frame src=x><noframes><p>07:40</p></noframes></frameset>", "07:40"),
        ("<svg><title>Icon</title><desc>x</desc><text>Keel</text><text>1.4 m</text></svg>", "Keel\n1.4 m"),
    ],
)
def test_what_else_a_page_holds(html, text):
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<span>Course: Main</span><span>Cuisine: Chinese</span>", "Course: Main Cuisine: Chinese"),
        ("<b>ATX</b><i>3078.02</i><i>-0.24%</i><b>ANDRITZ</b>", "ATX 3078.02-0.24% ANDRITZ"),
        ("<b><i>3.55%</i></b><b><i>BAWAG</i></b>", "3.55% BAWAG"),
        ("<span>Robert Clark</span><time>March 1</time>", "Robert Clark March 1"),
        ("<b>un</b><i>likely</i>, <b>H</b><i>2</i>, <b>4</b><i>th</i>", "unlikely, H2, 4th"),
        ("<code><span>get</span><span>Name2</span></code>", "getName2"),
        ("<b>a</b>B<i>C</i>", "aBC"),
    ],
)
def test_words_that_style_alone_sets_apart(html, text):
    assert text_of(f"<p>{html}</p>") == text


def test_an_article_that_only_search_engines_are_told():
    body = "The gate of the old pier closes at 21:15 in summer, and in winter as soon as it is dark outside."
    page = f'<script type="application/ld+json">{{"@graph": [{{"articleBody": "{body}"}}]}}</script><p>Menu</p>'
    assert text_of(page) == f"Menu\n\n{body}"
    assert text_of(page + f"<p>{body}</p>") == f"Menu\n\n{body}"
    assert text_of(page + f"<p>Piers. {body.replace('old pier', '<b>old</b> pier')}</p>").count("gate") == 1
    escaped = page.replace(body, f"&lt;p&gt;{body.replace('winter', 'win&amp;shy;ter')}&lt;/p&gt;")
    assert text_of(escaped) == f"Menu\n\n{body}"
    assert text_of('<script type="application/ld+json">{"broken</script><p>Menu</p>') == "Menu"
