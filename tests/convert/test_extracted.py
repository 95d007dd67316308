import pytest

from spanwise.convert.extracted import is_untitled


@pytest.mark.parametrize(
    "title",
    [
        "PowerPoint Presentation",
        "PowerPoint \u6f14\u793a\u6587\u7a3f",
        "Pr\u00e9sentation PowerPoint",
        "Slide 1",
        "Diapositiva 12",
    ],
)
def test_what_powerpoint_calls_a_presentation_is_no_title(title):
    assert is_untitled(title)


@pytest.mark.parametrize("title", ["PowerPoint for beginners", "Slide rules", "Dia", "Presentation skills"])
def test_what_somebody_wrote_is_a_title(title):
    assert not is_untitled(title)
