"""Of whom a question was asked, in words."""

from app.questionnaire.conditions import Line, built
from app.questionnaire.relevance import Expression
from app.reporting.renderers.labels import Labels

#: A condition of more lines is told as it is written only.
MOST_LINES = 12


def condition_in_words(labels: Labels, condition: Expression | None) -> str:
    """Of whom a question was asked. Empty: of everybody, or the condition is beyond our sentences."""
    lines = built(condition, labels.document, MOST_LINES)
    if condition is None or lines is None:
        return ""
    said = [_line_in_words(labels, line) for line in lines.lines]
    if not all(said):
        return ""
    t = labels.t
    code = lines.lines[0].code
    if len(said) > 1 and not lines.every and {(line.code, line.operator) for line in lines.lines} == {(code, "is")}:
        choices = labels.quoted(labels.choice(code, line.choice) for line in lines.lines)
        return t.gettext("the answer to %(code)s was one of these: %(choices)s", code=code, choices=choices)
    if len(said) == 1:
        return said[0]
    if lines.every:
        return t.gettext("All of these: %(conditions)s", conditions=t.semicolon.join(said))
    return t.gettext("One of these: %(conditions)s", conditions=t.semicolon.join(said))


def _line_in_words(labels: Labels, line: Line) -> str:
    """One line of a condition, "" where it asks about a choice that is not there."""
    t = labels.t
    question = labels.document.questions.get(line.code.partition(".")[0])
    if question is None:
        return ""
    if line.operator == "answered":
        return t.gettext("%(code)s was answered", code=line.code)
    names = {choice.name: labels.text(choice.label) for choice in getattr(question, "choices", ())}
    if line.choice not in names:
        return ""
    choice = names[line.choice]
    if line.operator == "is_not":
        return t.gettext("the answer to %(code)s was not “%(choice)s”", code=line.code, choice=choice)
    if line.operator == "includes":
        return t.gettext("the answers to %(code)s included “%(choice)s”", code=line.code, choice=choice)
    return t.gettext("the answer to %(code)s was “%(choice)s”", code=line.code, choice=choice)
