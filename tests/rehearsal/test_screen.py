"""The rehearsal's reading of pages, against a full HTML parser and on markup that looks like something else."""

from html import escape

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.rehearsal.screen import Line, Screen, read_screen

FORM = '<form id="answers" method="post" action="/en/x">{}</form>'


def read(inner: str) -> Screen:
    return read_screen(FORM.format(inner))


def test_what_is_checked_selected_and_typed_is_what_will_be_posted() -> None:
    screen = read(
        '<input type="radio" name="a" value="a.1"><input type=radio name=a value=a.2 checked>'
        '<input type="checkbox" name="b" value="b.1" checked><input checked type="checkbox" name="b" value="b.2">'
        '<select name="c"><option value="">choose<option value="c.1" selected>one</select>'
        "<input name='d' value='it is \"so\" &amp; so'><textarea name=e>\n\nFirst</textarea>"
    )
    assert {name: each.chosen for name, each in screen.controls.items()} == {
        "a": ["a.2"],
        "b": ["b.1", "b.2"],
        "c": ["c.1"],
        "d": ['it is "so" & so'],
        "e": ["\nFirst"],
    }


def test_markup_in_comments_titles_scripts_texts_and_quotes_is_no_markup() -> None:
    screen = read_screen(
        "<title><input name=no1></title><script>'<input name=no2>'</script><!-- <input name=no3> -->"
        + FORM.format('<a title="<input name=no4>" href="/x">x</a><textarea name="t"><input name=no5></textarea>')
    )
    assert list(screen.controls) == ["t"]
    assert screen.controls["t"].chosen == ["<input name=no5>"]


def test_fields_outside_of_the_form_and_disabled_ones_are_not_posted() -> None:
    another = '<form method="get"><select name="country"></select></form>'
    screen = read_screen(another + FORM.format("<input name=a disabled>"))
    assert screen.controls == {}


def test_buttons_outside_of_the_form_belong_to_it_and_plain_buttons_do_not_submit() -> None:
    screen = read_screen(
        FORM.format('<button name="go" value="next">x</button><button type="button" name="no" value="1">x</button>')
        + '<button form="answers" name="language" value="ar">x</button>'
    )
    assert screen.buttons == [("go", "next"), ("language", "ar")]


def test_choices_after_or_stand_alone_until_the_question_ends() -> None:
    screen = read(
        '<fieldset><input type="checkbox" name="a" value="a.1"><p class="or">or</p>'
        '<input type="checkbox" name="a" value="a.9"></fieldset>'
        '<fieldset><input type="checkbox" name="b" value="b.1"></fieldset>'
    )
    assert screen.controls["a"].alone == {"a.9"}
    assert screen.controls["b"].alone == set()


@pytest.mark.parametrize(("hint", "most"), [("Choose at most 3.", 3), ("اختر ٣ على الأكثر", 3), ("Choose.", 0)])
def test_the_most_that_may_be_chosen_is_read_from_the_hint(hint: str, most: int) -> None:
    screen = read(f'<p class="hint" id="a-h">{hint}</p><input type="checkbox" name="a" value="a.1">')
    assert screen.controls["a"].most == most


def test_lines_of_the_check_page_tell_answers_from_none() -> None:
    screen = read(
        '<dl class="sum"><div><dt>One &amp; all</dt><dd><bdi class="long">Yes</bdi></dd>'
        '<dd><button name="change" value="A">Change<span>: One</span></button></dd></div>'
        '<div><dt>Two</dt><dd><span class="soft">No answer</span></dd>'
        '<dd><button name="change" value="B">Change</button></dd></div></dl>'
    )
    assert screen.lines == [Line("A", "One & all", "Yes"), Line("B", "Two", "")]


def test_faults_and_the_receipt_code_are_found() -> None:
    screen = read_screen(
        '<section class="errs"><ul><li><a href="#CB04">x</a></li></ul></section><a href="/en/">x</a>'
        '<p class="code"><bdi dir="ltr">AB<wbr>CD EFGH</bdi></p>'
    )
    assert screen.faults == ["CB04"]
    assert screen.links == ["/en/"]
    assert screen.receipt_code == "ABCD EFGH"


text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
attribute = st.one_of(
    text.map(lambda each: f'value="{escape(each)}"'), text.map(lambda each: f"value='{escape(each)}'")
)
element = st.one_of(
    attribute.map(lambda each: f"<input name=f {each}>"),
    st.tuples(attribute, st.booleans()).map(
        lambda pair: f'<input type="checkbox" name="g" {pair[0]}{" checked" if pair[1] else ""}>'
    ),
    text.map(lambda each: f"<textarea name=h>{escape(each)}</textarea>"),
    text.map(lambda each: f'<p title="{each.replace(chr(34), "")}">{escape(each)}</p>'),
    text.filter(lambda each: "--" not in each and not each.startswith((">", "->")) and not each.endswith(("-", "<!")))
    .map(lambda each: f"<!--x{each}x-->"),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(element, max_size=8))
def test_any_form_is_read_as_a_full_parser_reads_it(elements: list[str]) -> None:
    page = "<!doctype html><title>t</title>" + FORM.format("".join(elements))
    screen = read_screen(page)
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    inputs = [each for each in tree.iter("input") if each.get("type", "text") == "text"]
    boxes = list(tree.iter("input"))
    areas = list(tree.iter("textarea"))
    if inputs:
        assert screen.controls["f"].chosen == [inputs[-1].get("value")]
    if areas:
        assert screen.controls["h"].chosen == [areas[-1].text or ""]
    values = [each.get("value") for each in boxes if each.get("type") == "checkbox"]
    checked = [each.get("value") for each in boxes if "checked" in each.attrib]
    assert (screen.controls["g"].values if "g" in screen.controls else []) == values
    assert (screen.controls["g"].chosen if "g" in screen.controls else []) == checked
