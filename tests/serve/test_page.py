"""The page in a browser: asked, read, searched, by mouse and by keys, with documents that mean harm."""

import io
import json

import pytest
from selenium.webdriver.common.keys import Keys

from screens.browser import Browser
from serving import served
from spanwise.pipeline.corpus import Corpus
from spanwise.serve.settings import ServeSettings

pytestmark = pytest.mark.slow
QUESTION = "How often is the primary mirror recoated?"
HARM = "<script>window.harmed=1</script><img src=x onerror='window.harmed=2'><svg onload='window.harmed=3'></svg>"
HOSTILE = {
    "a.txt": f"The hidden treasure is {HARM} and the guard is Otto.\n",
    "b.md": f"# Treasure {HARM}\n\n[guard](javascript:window.harmed=4) ![x](http://evil.example/x.png) **treasure**\n",
    "c.html": f"<title>&lt;script&gt;window.harmed=5&lt;/script&gt;</title><p>The guard &lt;b&gt; {HARM} treasure</p>",
    "d.svg.txt": "<svg xmlns='http://www.w3.org/2000/svg' onload='window.harmed=6'>treasure</svg>\n",
    '"><img src=x onerror=window.harmed=7>.txt': "The treasure is under the mast.\n",
    "\U0001f600.txt": "\U0001f600\U0001f600 The emoji treasure is \U0001f4b0 gold \U0001f600 of Otto.\n",
}


@pytest.fixture(scope="module")
def site(sample_index, tmp_path_factory):
    feedback = tmp_path_factory.mktemp("feedback") / "verdicts.jsonl"
    with served(ServeSettings(index=sample_index, port=0, rate=0, feedback=feedback)) as url:
        yield url, feedback


@pytest.fixture(params=[(1400, 900, False), (390, 844, False), (1400, 900, True)], ids=["desktop", "phone", "dark"])
def window(request):
    width, height, dark = request.param
    browser = Browser(width, height, dark=dark)
    yield browser
    browser.close()


@pytest.fixture
def browser():
    browser = Browser(1400, 900)
    yield browser
    browser.close()


def go(browser, url):
    browser.driver.get(url)
    browser.until("document.querySelector('#holding').textContent")


def ask(browser, url, question=QUESTION):
    go(browser, url + "/")
    browser.js("document.querySelector('#words').focus()")
    browser.keys(question, Keys.ENTER)
    browser.until("document.querySelector('#results .card, #results .verdict')")


def test_it_is_read_on_any_screen_and_by_anyone(window, site):
    url, _ = site
    ask(window, url)
    assert window.faults() == []
    assert window.js("document.documentElement.scrollWidth <= innerWidth")
    window.js("document.querySelector('#results .place').click()")
    window.until("document.querySelector('.viewer mark.answer, .viewer .box.answer')")
    assert window.faults() == []
    marked = window.js("document.querySelector('.viewer mark.answer').getBoundingClientRect().top")
    assert 0 < marked < 900
    for view in ("search=mirror", "documents"):
        window.js(f"location.hash = '{view}'")
        window.until("document.querySelector('#results .passages, #results .documents')")
        window.until("!document.body.classList.contains('busy')")
        assert window.faults() == []
    window.js("[...document.querySelectorAll('.documents .place')].find(one => one.innerText.includes('.pdf')).click()")
    window.until("document.querySelector('.viewer .sheet img')")
    assert window.faults() == []
    right = "document.querySelector('.viewer{}').getBoundingClientRect().right"
    assert window.js(right.format("")) - window.js(right.format(" .close")) < 30
    assert window.errors() == []
    assert {one.split("/")[2] for one in window.requested() if one.startswith("http")} == {url.split("/")[2]}


def test_an_answer_is_the_words_of_its_document(browser, site, sample_index):
    url, _ = site
    ask(browser, url)
    with Corpus(sample_index) as corpus:
        result = corpus.ask(QUESTION)
        first = result.answers[0]
        text = corpus.source_text(first.file)
    if result.abstained:
        browser.js("document.querySelector('#results details').open = true")
    assert browser.js("document.querySelector('.card h2').innerText") == first.answer
    assert browser.js("document.querySelector('.card mark').textContent") == first.answer
    assert browser.js("document.querySelector('[role=meter]').ariaValueNow") == str(round(100 * first.confidence))
    browser.js("document.querySelector('.card .place').click()")
    browser.until("document.querySelector('.viewer mark.answer')")
    assert browser.js("document.querySelector('.viewer mark.answer').textContent") == text[first.start : first.end]
    assert browser.js("document.querySelector('.viewer pre').textContent") == text
    others = browser.js("document.querySelectorAll('.viewer .others .place').length")
    assert others == len(result.passages) - 1
    browser.js("document.querySelector('.viewer .others').open = true")
    browser.js("document.querySelector('.viewer .others .place').click()")
    browser.until("document.querySelector('.viewer .others') && document.querySelector('.viewer .answer')")


def test_keys_are_enough(browser, site):
    url, _ = site
    go(browser, url + "/#documents")
    browser.until("document.querySelector('.documents') && document.activeElement.id === 'words'")
    browser.keys(Keys.ESCAPE)
    assert browser.js("document.activeElement === document.body")
    browser.keys("/")
    assert browser.js("document.activeElement.id") == "words"
    ask(browser, url)
    browser.keys(Keys.ESCAPE, "j", Keys.ENTER)
    browser.until("!document.querySelector('#viewer').hidden || document.querySelector('#results details[open]')")
    if browser.js("document.querySelector('#viewer').hidden"):
        browser.keys("j", Keys.ENTER)
    browser.until("document.querySelector('.viewer .answer')")
    assert browser.js("document.activeElement.className") == "close"
    browser.keys(Keys.ESCAPE)
    assert browser.js("document.querySelector('#viewer').hidden")
    assert browser.js("document.activeElement.className") == "place"


def test_a_pdf_is_shown_as_pages_with_boxes(browser, site):
    url, _ = site
    go(browser, url + "/#search=" + "mass of the primary mirror of the telescope, fork mount")
    browser.js("document.querySelector('#filter').value = '*.pdf'")
    browser.js("document.querySelector('#finder').requestSubmit()")
    browser.until("document.querySelector('.passages .file')?.innerText.endsWith('.pdf')")
    browser.js("document.querySelector('.passages .place').click()")
    browser.until("document.querySelector('.viewer .sheet img')?.naturalWidth")
    browser.until("document.querySelector('.viewer .tools .count')")
    assert "/" in browser.js("document.querySelector('.viewer .tools .count').innerText")
    browser.js(
        "[...document.querySelectorAll('.viewer .tools button')].find(one => one.innerText === 'As text').click()"
    )
    browser.until("document.querySelector('.viewer pre')")
    assert len(browser.js("document.querySelector('.viewer').innerText")) > 1000


@pytest.fixture
def phone():
    browser = Browser(390, 844)
    yield browser
    browser.close()


SHOWN = "document.querySelector('#results .documents') && !document.body.classList.contains('busy')"


def test_back_closes_a_document_that_covers_the_screen_and_then_leaves_the_answers(phone, site):
    url, _ = site
    go(phone, url + "/#ask")
    phone.js("location.hash = 'documents'")
    phone.until(SHOWN)
    closed, length = "document.querySelector('#viewer').hidden", phone.js("history.length")
    for close in (
        phone.driver.back,
        lambda: phone.js("document.querySelector('.close').click()"),
        phone.driver.refresh,
    ):
        phone.js("document.querySelector('.documents .place').click()")
        phone.until(f"!{closed} && history.state?.viewer && document.querySelector('.viewer pre, .viewer .sheet')")
        close()
        phone.until(f"{closed} && !history.state?.viewer && {SHOWN}")
        assert phone.js("[location.hash, history.length]") == ["#documents", length + 1]
    phone.js("document.querySelector('.documents .place').click()")
    phone.until("document.activeElement.className === 'close'")
    phone.keys("/")
    phone.until(f"{closed} && document.activeElement.id === 'words' && !history.state?.viewer")
    phone.driver.forward()
    phone.until("!history.state?.viewer")
    phone.driver.back()
    phone.until("location.hash === '#ask'")


def test_a_document_beside_the_answers_adds_nothing_to_the_history(browser, site):
    url, _ = site
    go(browser, url + "/#ask")
    browser.js("location.hash = 'documents'")
    browser.until(SHOWN)
    browser.js("document.querySelector('.documents .place').click()")
    browser.until("document.querySelector('.viewer pre, .viewer .sheet')")
    browser.keys("/")
    assert browser.js("[document.activeElement.id, document.querySelector('#viewer').hidden]") == ["words", False]
    browser.driver.back()
    browser.until("location.hash === '#ask' && document.querySelector('#viewer').hidden")


def test_a_question_that_is_too_long_is_told_so_and_not_cut(browser, site):
    url, _ = site
    go(browser, url + "/#ask")
    browser.js("document.querySelector('#words').focus()")
    browser.command("Input.insertText", text="Who recoats the mirror? " * 60)
    assert browser.js("document.querySelector('#words').value.length") == 24 * 60
    browser.js("document.querySelector('#finder').requestSubmit()")
    browser.until("document.querySelector('#results .error')")
    said = browser.js("document.querySelector('#results .error').textContent")
    assert said == "expected a question of at most 1000 characters, found one of 1439"


@pytest.fixture
def log(tmp_path, tiny_embedder):
    """A document that is longer than what is loaded at once, and its corpus."""
    file = tmp_path / "docs" / "log.txt"
    file.parent.mkdir()
    file.write_text("".join(f"Line {number} of the log says that pump {number} is well.\n" for number in range(4500)))
    corpus = Corpus(tmp_path / "index", embedder=str(tiny_embedder))
    corpus.sync(file.parent)
    return file, corpus


def test_a_long_document_is_read_on_from_where_one_is_to_its_end(browser, log):
    file, corpus = log
    with served(ServeSettings(index=corpus.path, port=0, rate=0), corpus) as url:
        go(browser, url + "/#documents")
        browser.until("document.querySelector('.documents .place')")
        browser.js("document.querySelector('.documents .place').click()")
        browser.until("document.querySelector('.viewer .quiet')")
        loaded = browser.js("document.querySelector('.viewer pre').textContent.length")
        browser.js("document.querySelector('.viewer-body').scrollTop = 1e9")
        top = browser.js("document.querySelector('.viewer-body').scrollTop")
        browser.js("document.querySelector('.viewer .quiet').click()")
        browser.until(f"document.querySelector('.viewer pre').textContent.length > {loaded}")
        assert browser.js("document.querySelector('.viewer-body').scrollTop") == top > 1000
        assert browser.js("document.activeElement.className") == "viewer-body"
        browser.js("document.querySelector('.viewer .quiet').click()")
        browser.until("!document.querySelector('.viewer .quiet')")
        assert browser.js("document.querySelector('.viewer pre').textContent") == file.read_text()
        browser.driver.get("about:blank")


def test_a_passage_of_a_document_that_changed_is_found_again(browser, log):
    file, corpus = log
    with served(ServeSettings(index=corpus.path, port=0, rate=0), corpus) as url:
        go(browser, url + "/#search=pump%20200")
        browser.until("document.querySelector('.passages .place')")
        passage = browser.js("document.querySelector('.passages .snippet').textContent")
        file.write_text("This line is new.\n" + file.read_text())
        corpus.sync(file.parent)
        browser.js("document.querySelector('.passages .place').click()")
        browser.until("document.querySelector('.viewer mark.answer')")
        assert browser.js("document.querySelector('.viewer mark.answer').textContent") == passage
        assert "has changed since" in browser.js("document.querySelector('.viewer .note').textContent")
        browser.driver.get("about:blank")


SYNCED = "(async () => { while (!(await (await fetch('status')).json()).sync.at); })()"


def test_a_sync_that_failed_and_a_file_that_is_gone_are_told(browser, log, tmp_path):
    file, corpus = log
    with served(ServeSettings(index=corpus.path, port=0, rate=0, sync=tmp_path / "gone"), corpus) as url:
        go(browser, url)
        browser.js(SYNCED)
        go(browser, url)
        said = browser.js("document.querySelector('#holding').textContent")
        assert "; the sync at " in said
        assert " failed: " in said
        file.unlink()
        ask(browser, url, "Which pump is well?")
        notes = browser.js("[...document.querySelectorAll('#results .note')].map(one => one.textContent)")
        assert any(one.startswith("Not there any more (moved or removed): log.txt") for one in notes)
        browser.driver.get("about:blank")


def test_what_the_documents_do_not_say_is_said_so(browser, site):
    url, feedback = site
    ask(browser, url, "Which brand of bicycle does the king of Denmark ride?")
    assert browser.js("document.querySelector('.verdict h2').innerText") in {
        "Not sure",
        "These documents do not seem to say",
    }
    assert browser.js("[...document.querySelectorAll('#results details')].every(one => !one.open)")
    assert not browser.js("document.querySelector('.card').checkVisibility()")
    browser.js("document.querySelector('.verdict .thumbs button').click()")
    browser.until("document.querySelector('.verdict .thumbs [role=status]')")
    kept = json.loads(feedback.read_text().splitlines()[-1])
    assert kept == {"question": "Which brand of bicycle does the king of Denmark ride?", "answers": []}


def test_verdicts_and_questions_are_kept(browser, site):
    url, feedback = site
    ask(browser, url)
    browser.js("document.querySelectorAll('#results details').forEach(one => { one.open = true })")
    answer = browser.js("document.querySelector('.card h2').innerText")
    for number, name in enumerate(("Right", "Wrong"), 1):
        browser.js(
            f"[...document.querySelectorAll('.thumbs button')].find(one => one.innerText.trim() === '{name}').click()"
        )
        browser.until(f"document.querySelectorAll('.thumbs [role=status]').length === {number}")
    lines = [json.loads(line) for line in feedback.read_text().splitlines()[-2:]]
    assert lines[0] == {"question": QUESTION, "answers": [answer]}
    assert lines[1]["rejected"]
    browser.js("location.hash = 'ask'")
    browser.until("document.querySelector('.recent a')")
    assert browser.js("document.querySelector('.recent a').innerText") == QUESTION
    assert not browser.js("document.querySelector('.recent .where')")
    browser.js("document.querySelector('.recent button').click()")
    assert browser.js("localStorage.getItem('spanwise.recent')") == "[]"


HOLD = """(() => {
  const asked = window.fetch;
  window.fetch = (...given) => new Promise((answered, failed) => {
    window.release = () => asked(...given).then(answered, failed);
  });
})()"""


def test_what_is_no_longer_waited_for_is_given_up(browser, site):
    url, _ = site
    for link in ("nav a[data-view=search]", "nav a[data-view=ask]", ".wordmark"):
        ask(browser, url)
        browser.driver.get("about:blank")
        go(browser, url + "/")
        browser.js(HOLD)
        browser.js("document.querySelector('#words').focus()")
        browser.keys(QUESTION, Keys.ENTER)
        browser.until("window.release && document.body.classList.contains('busy')")
        browser.js(f"document.querySelector('{link}').click()")
        browser.until("document.querySelector('#results .note, #results .recent')")
        browser.js("window.release().then(() => new Promise(done => setTimeout(done, 500)))")
        assert not browser.js("document.querySelector('#results .card, #results .verdict')")
        assert browser.js("document.querySelector('#results .note, #results .recent') !== null")
        assert browser.js("document.querySelector('#progress').textContent") == ""
        assert not browser.js("document.body.classList.contains('busy')")


def test_where_to_look_is_part_of_the_address_and_of_a_question_asked_before(browser, site):
    url, _ = site
    go(browser, url + "/")
    browser.js("document.querySelector('#filter').value = '*.pdf'")
    browser.js("document.querySelector('#words').focus()")
    browser.keys("Which files & where=here?", Keys.ENTER)
    browser.until("document.querySelector('#results .verdict, #results .card')")
    assert browser.js("location.hash").count("&in=") == 1
    browser.js("location.hash = 'ask'")
    browser.until("document.querySelector('.recent a')")
    assert browser.js("document.querySelector('.recent li').innerText") == "Which files & where=here? in *.pdf"
    browser.js("document.querySelector('#filter').value = ''")
    browser.js("document.querySelector('.recent a').click()")
    browser.until("document.querySelector('#results .verdict, #results .card')")
    assert browser.js("document.querySelector('#filter').value") == "*.pdf"
    assert browser.js("document.querySelector('#words').value") == "Which files & where=here?"


def test_a_service_that_needs_a_token_asks_for_it(browser, sample_index):
    token = "a-token-that-is-long-enough"
    with served(ServeSettings(index=sample_index, port=0, token=token)) as url:
        browser.driver.get(url)
        browser.until("document.querySelector('#token-dialog').open")
        wrong = "document.querySelector('#token-dialog').open && !document.querySelector('#token-wrong').hidden"
        browser.keys("a\u2013token", Keys.ENTER)  # no header can have it
        browser.until(wrong)
        browser.js("document.querySelector('#token').value = ''")
        browser.keys("wrong-token", Keys.ENTER)
        browser.until(f"sessionStorage.getItem('spanwise.token') && {wrong}")
        browser.js("document.querySelector('#token').focus()")
        browser.keys(token, Keys.ENTER)
        browser.until("document.querySelector('#holding').textContent.includes('18 documents')")
        browser.driver.get("about:blank")


def test_the_api_is_shown_by_scripts_of_this_service(browser, site):
    url, _ = site
    browser.requested()
    browser.driver.get(f"{url}/docs")
    browser.until("document.querySelectorAll('.opblock').length >= 10")
    browser.js("document.querySelector('.opblock-summary-control').click()")
    browser.until("document.querySelector('.try-out__btn')")
    browser.js("document.querySelector('.try-out__btn').click()")
    browser.until("document.querySelector('.execute')")
    browser.js("document.querySelector('.execute').click()")
    browser.until(
        "document.querySelector('.live-responses-table tbody .response-col_status')?.innerText.includes('200')"
    )
    assert {one.split("/")[2] for one in browser.requested() if one.startswith("http")} == {url.split("/")[2]}
    assert browser.errors() == []


def test_documents_that_mean_harm_are_only_text(browser, tmp_path, tiny_embedder):
    from reportlab.pdfgen.canvas import Canvas

    folder = tmp_path / "docs"
    folder.mkdir()
    for name, text in HOSTILE.items():
        (folder / name).write_text(text)
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.setTitle(f"Treasure {HARM}")
    canvas.drawString(40, 700, f"treasure {HARM[:60]}")
    canvas.save()
    (folder / "e.pdf").write_bytes(out.getvalue())
    corpus = Corpus(tmp_path / "index", embedder=str(tiny_embedder))
    corpus.sync(folder)
    with served(ServeSettings(index=tmp_path / "index", port=0, rate=0), corpus) as url:
        ask(browser, url, f"Where is the treasure? {HARM}")
        browser.js("document.querySelectorAll('details').forEach(one => { one.open = true })")
        go(browser, url + "/#search=treasure")
        browser.until("document.querySelectorAll('#results .passages > li').length >= 6")
        browser.js("location.hash = 'documents'")
        browser.until("document.querySelectorAll('.documents li').length === 7")
        for number in range(7):
            browser.js(f"document.querySelectorAll('.documents .place')[{number}].click()")
            browser.until("document.querySelector('.viewer pre, .viewer .sheet img')")
            browser.keys(Keys.ESCAPE)
        assert browser.js("window.harmed === undefined")
        assert browser.js("document.querySelectorAll('main script, main img, main svg, .viewer script').length") == 0
        assert not [one for one in browser.requested() if "evil" in one]
        assert browser.errors() == []
        browser.driver.get("about:blank")
