"""The auditor itself: a sound page passes, and each rule is broken once and seen."""

import pytest

from tests.audit import audit

SOUND = """<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<title>Before you start</title>
<link rel="stylesheet" href="/static/public.css">
<link rel="alternate" hreflang="fr" href="https://example.org/fr/">
<script defer src="/static/public.js"></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<main id="main">
<h1>Before you start</h1>
<form method="post" action="/en/answer" hx-post="/en/answer" hx-target="#main" id="answers">
<input type="hidden" name="key" value="1">
<fieldset aria-describedby="hint"><legend>How old are you?</legend>
<p id="hint">Choose one.</p>
<label class="opt"><input type="radio" name="DM01" value="DM01.1"><span>13 to 15</span></label>
</fieldset>
<div role="radiogroup" aria-labelledby="row"><p id="row">A row</p>
<label><input type="radio" name="CB16.a" value="CB16.a.1"> Often</label></div>
<label for="words">Your words</label><textarea id="words" name="CB18"></textarea>
<select name="country" aria-label="Country"><option value="">Choose</option></select>
<button>Continue</button>
</form>
<button form="answers" name="to" value="fr" lang="fr">Français</button>
<form method="get"><input type="search" name="q" aria-label="Search"><input type="submit" value="Find"></form>
<table><caption>Ages</caption><tr><th scope="row">13</th><td>4</td></tr></table>
<img src="/static/mark.svg" alt="">
<svg aria-hidden="true" viewBox="0 0 100 10"><rect width="40" height="10"/></svg>
<p>Call <a href="tel:116111">116 111</a> or read <a href="https://example.org/">their page</a>.</p>
</main>
</body>
</html>"""


def test_a_sound_page_has_no_faults() -> None:
    assert audit(SOUND, path="/en/answer", lang="en") == []


BROKEN = {
    "a paragraph around a list": ("<p>Call", "<p><ul><li>x</li></ul></p><p>Call", "line "),
    "an element left open": ("</main>", "<div></main>", "line "),
    "an attribute twice": ('<main id="main">', '<main id="main" id="other">', "line "),
    "another language": ('lang="en"', 'lang="fr"', "lang="),
    "another direction": ('dir="ltr"', 'dir="rtl"', "dir="),
    "no direction": (' dir="ltr"', "", "dir="),
    "two headings of the first rank": ("<h1>", "<h1>One</h1><h1>", "h1"),
    "no heading": ("<h1>Before you start</h1>", "", "h1"),
    "an empty heading": ("<h1>Before you start</h1>", "<h1> </h1>", "empty"),
    "an empty title": ("<title>Before you start</title>", "<title> </title>", "title"),
    "one id twice": ('id="words"', 'id="hint"', "2 times"),
    "an id with a blank": ('<main id="main">', '<main id="main main">', "blank"),
    "a field without label": ('<label for="words">Your words</label>', "", "no label"),
    "a label without words": ("Your words</label>", "</label>", "no label"),
    "a wrapped field without words": ("<span>13 to 15</span>", "", "no label"),
    "a field without name": (' name="CB18"', "", "no name"),
    "a radio button on its own": (' role="radiogroup"', "", "no group"),
    "a fieldset without legend": ("<legend>How old are you?</legend>", "", "legend"),
    "a form without method": ('<form method="get">', "<form>", "neither get nor post"),
    "a post without action": (' action="/en/answer"', "", "without an action"),
    "a form to another site": ('action="/en/answer"', 'action="https://example.org/"', "another site"),
    "a button to another site": ("<button>Continue", '<button formaction="//example.org/">Continue', "another site"),
    "a description that is not there": ('id="hint"', 'id="tip"', "'hint'"),
    "a name that is not there": ('id="row"', 'id="line"', "'row'"),
    "a label for nothing": ('id="words"', 'id="word"', "'words'"),
    "a jump to nowhere": ('href="#main"', 'href="#content"', "'content'"),
    "a jump to nowhere by its full path": ('href="#main"', 'href="/en/answer#content"', "'content'"),
    "a button of no form": ('form="answers"', 'form="questions"', "'questions'"),
    "a style attribute": ("<h1>", '<h1 style="color: red">', "style="),
    "a style element": ("</head>", "<style>p { color: red }</style></head>", "style element"),
    "an inline script": ("</main>", "<script>go()</script></main>", "a script stands"),
    "a script with source and words": ('public.js">', 'public.js">go()', "a script stands"),
    "an event attribute": ("<h1>", '<h1 onclick="go()">', "onclick="),
    "an event attribute of htmx": ("<h1>", '<h1 hx-on:click="go()">', "hx-on:click="),
    "a script for an address": ('href="tel:116111"', 'href="javascript:go()"', "a script in href="),
    "computed values of htmx": ("<h1>", "<h1 hx-vals='js:{a: 1}'>", "a script in hx-vals="),
    "a style sheet from elsewhere": ('href="/static/public.css"', 'href="https://cdn.example.org/x.css"', "fetches"),
    "an image from elsewhere": ('src="/static/mark.svg"', 'src="//example.org/mark.svg"', "fetches"),
    "one size of an image from elsewhere": (
        'alt=""',
        'alt="" srcset="/a.png 1x, http://example.org/b.png 2x"',
        "fetches",
    ),
    "a script from elsewhere": ('src="/static/public.js"', 'src="http://example.org/x.js"', "fetches"),
    "a button without words": ("<button>Continue</button>", "<button> </button>", "no words"),
    "a button with a hidden word": ("<button>Continue", '<button><span aria-hidden="true">Go</span>', "no words"),
    "a submit without words": ('value="Find"', 'value=""', "no words"),
    "a link without words": (">116 111<", "><", "no words"),
    "an image without alt": (' alt=""', "", "no alt"),
    "a picture without name": (' aria-hidden="true" viewBox', " viewBox", "neither hidden"),
    "a table without words": ('<caption>Ages</caption><tr><th scope="row">13</th>', "<tr><th>13</th>", "caption"),
    "a table for layout": ("<table>", '<table role="presentation">', "lay things out"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_page_is_seen(name: str) -> None:
    old, new, words = BROKEN[name]
    assert SOUND.count(old) >= 1
    faults = audit(SOUND.replace(old, new, 1), path="/en/answer", lang="en")
    assert any(words in fault for fault in faults), faults


def test_arabic_runs_from_right_to_left() -> None:
    arabic = SOUND.replace('lang="en"', 'lang="ar"', 1)
    assert audit(arabic.replace('dir="ltr"', 'dir="rtl"', 1), path="/ar/answer", lang="ar") == []
    assert audit(arabic, path="/ar/answer", lang="ar") == ["root has dir='ltr', not 'rtl'"]
