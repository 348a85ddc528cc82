"""Which questions can be asked at all, and which constraints can ever be met.

Pure. The walk through the questionnaire is tried with every combination of answers that could make a difference: an
answer counts only if its question was asked, as in the journey. Conditions see earlier answers only. Where the
combinations are too many or an answer is open (a text's length, sums of numbers) the question counts as reachable, so
that "never" is always true when it is said.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from app.questionnaire.document import Document
from app.questionnaire.kinds import Answer, Integer, Matrix, Multiple, Question, Ranking, Single, Text
from app.questionnaire.relevance import Expression, Use, as_number, uses

#: Combinations tried for one condition before it counts as reachable.
COMBINATIONS = 20_000
#: A whole-number question with at most so many possible answers is tried with each of them.
_NUMBERS = 300
#: A question with at most so many choices is tried with each set of them where their number matters.
_SETS_OF = 10
#: A condition that depends on more questions than these counts as reachable.
_DEPTH = 100


@dataclass(frozen=True)
class Never:
    """`code` (of a question, or the name of a section when `section`) is never asked; or its answer never accepted."""

    code: str
    aspect: str
    section: bool = False


@dataclass(frozen=True)
class _Asked:
    """One answer code with the question behind it and the conditions under which it is asked."""

    code: str
    question: Question
    conditions: tuple[Expression, ...]


def find_unreachable(document: Document, broken: frozenset[str] = frozenset()) -> tuple[Never, ...]:
    """Every section and question that is never asked and every constraint that is never met, in order of asking.

    `broken`: codes and section names whose conditions are known to be faulty; they count as reachable.
    """
    known: dict[str, _Asked] = {}
    found: list[Never] = []
    tried: dict[tuple[Expression, ...], bool] = {}
    for section in document.sections:
        above = _judged(section.relevant, section.name, broken)
        gone = bool(above) and not _possible(above, known, tried)
        if gone:
            found.append(Never(section.name, "relevant", section=True))
        for question in section.questions:
            own = _judged(question.relevant, question.code, broken)
            conditions = above + own
            if own and not gone and not _possible(conditions, known, tried):
                found.append(Never(question.code, "relevant"))
            if question.answered:
                codes = question.fields if isinstance(question, Matrix) else (question.code,)
                known.update({code: _Asked(code, question, conditions) for code in codes})
                judged = _judged(question.constraint, question.code, broken)
                if judged and not _acceptable(judged[0], known, question.code):
                    found.append(Never(question.code, "constraint"))
    return tuple(found)


def _judged(condition: Expression | None, owner: str, broken: frozenset[str]) -> tuple[Expression, ...]:
    """The condition, if there is one that can be judged: neither it nor a question that it names is faulty."""
    return (condition,) if condition and owner not in broken and not condition.names & broken else ()


def _possible(
    conditions: tuple[Expression, ...], known: Mapping[str, _Asked], tried: dict[tuple[Expression, ...], bool]
) -> bool:
    if conditions not in tried:

        def holds(answers: Mapping[str, Answer]) -> bool:
            return all(condition.holds(answers) for condition in conditions)

        tried[conditions] = _search(conditions, known, holds)
    return tried[conditions]


def _acceptable(constraint: Expression, known: Mapping[str, _Asked], code: str) -> bool:
    def holds(answers: Mapping[str, Answer]) -> bool:
        # Not asked, or left unanswered: then the constraint is not what stops anybody, so only an answer counts.
        return code in answers and constraint.holds({**answers, ".": answers[code]})

    conditions = known[code].conditions
    if not _search((constraint,), known, lambda answers: code in answers, code):
        return True
    return _search((*conditions, constraint), known, holds, code)


def _search(
    conditions: Sequence[Expression],
    known: Mapping[str, _Asked],
    target: Callable[[Mapping[str, Answer]], bool],
    answering: str = "",
) -> bool:
    """Whether some walk meets the target; True as well when that cannot be decided within the limit."""
    needed = _closure(conditions, known, answering)
    judged = [*conditions, *(condition for asked in needed for condition in asked.conditions)]
    if len(needed) > _DEPTH:
        return True
    domains = [_domain(asked, judged, asked.code == answering) for asked in needed]
    if any(domain is None for domain in domains):
        return True
    left = COMBINATIONS
    answers: dict[str, Answer] = {}

    def descend(place: int) -> bool:
        nonlocal left
        if place == len(needed):
            left -= 1
            return left < 0 or target(answers)
        asked = needed[place]
        if all(condition.holds(answers) for condition in asked.conditions):
            for value in domains[place] or ():
                answers[asked.code] = value
                if descend(place + 1):
                    return True
                del answers[asked.code]
        return descend(place + 1)

    return descend(0)


def _closure(conditions: Sequence[Expression], known: Mapping[str, _Asked], answering: str) -> list[_Asked]:
    """The questions that the conditions look at, and those that these depend on, in order of asking."""
    needed: set[str] = set()
    waiting = [name for condition in conditions for name in condition.names] + ([answering] if answering else [])
    while waiting:
        name = waiting.pop()
        if name in known and name not in needed:
            needed.add(name)
            waiting.extend(other for condition in known[name].conditions for other in condition.names)
    return [asked for code, asked in known.items() if code in needed]


def _domain(asked: _Asked, judged: Iterable[Expression], judging: bool) -> list[Answer] | None:
    """Answers that stand for all that the conditions can tell apart; None when there are too many to list.

    Being unanswered is not among them; the search tries it always.
    """
    names = (asked.code, ".") if judging else (asked.code,)
    seen = [use for condition in judged for use in uses(condition) if use.code in names]
    question = asked.question
    if isinstance(question, Multiple):
        return _sets(question, seen)
    if isinstance(question, Ranking):
        return _rankings(question, seen)
    if isinstance(question, Single | Matrix):
        choices = [choice.name for choice in question.choices]
        return list(_told_apart(choices, seen))
    if isinstance(question, Integer):
        return _numbers(question, seen)
    return _words(question, seen) if isinstance(question, Text) else []


def _is_plain(use: Use) -> bool:
    return use.how in ("selected", "truth") or (use.how == "compare" and use.operator in ("=", "!="))


def _is_about_members(use: Use) -> bool:
    """Whether only the names that are in an answer matter, not how many there are or in which order."""
    return use.how in ("selected", "truth") or (use.how == "compare" and use.literal == "" and _is_plain(use))


def _told_apart(choices: Sequence[str], seen: Sequence[Use]) -> Sequence[str]:
    """The choices that are named, and one that stands for all others; all, if more than their names matters."""
    if not all(_is_plain(use) for use in seen):
        return choices
    named = [name for name in choices if any(_names(use, name) for use in seen)]
    return named + [name for name in choices if name not in named][:1]


def _names(use: Use, choice: str) -> bool:
    if use.how == "compare" and isinstance(use.literal, float):
        return as_number(choice) == use.literal
    return choice in str(use.literal).split()


def _sets(question: Multiple, seen: Sequence[Use]) -> list[Answer] | None:
    choices = [choice.name for choice in question.choices]
    if all(map(_is_about_members, seen)):
        sociable = _told_apart([name for name in choices if name not in question.alone], seen)
        lonely = _told_apart([name for name in choices if name in question.alone], seen)
    elif len(choices) <= _SETS_OF:
        sociable = [name for name in choices if name not in question.alone]
        lonely = [name for name in choices if name in question.alone]
    else:
        return None
    if len(sociable) > _SETS_OF:
        return None
    most = min(question.max_choices or len(sociable), len(sociable))
    together = [chosen for size in range(1, most + 1) for chosen in combinations(sociable, size)]
    return [*together, *((name,) for name in lonely)]


def _rankings(question: Ranking, seen: Sequence[Use]) -> list[Answer] | None:
    if not all(map(_is_about_members, seen)):
        return None
    ranked = _told_apart([choice.name for choice in question.choices], seen)
    if len(ranked) > _SETS_OF:
        return None
    return [chosen for size in range(1, question.places + 1) for chosen in combinations(ranked, size)]


def _numbers(question: Integer, seen: Sequence[Use]) -> list[Answer] | None:
    # A step that an editor has just typed may still be 0; that it is none is said elsewhere.
    low, high, step = question.minimum, question.maximum, max(question.step, 1)
    if low is not None and high is not None and (high - low) // step < _NUMBERS:
        return list(range(low, high + 1, step))
    if not all(use.how in ("compare", "truth") for use in seen):
        return None
    base = low or 0
    points = [base] + ([high - (high - base) % step] if high is not None else [])
    for use in seen:
        literal = 0.0 if use.how == "truth" else as_number(use.literal)
        if abs(literal) < 1e12:
            nearest = base + int((literal - base) // step) * step
            points += [nearest - step, nearest, nearest + step, nearest + 2 * step]
    fitting = (point for point in points if (low is None or point >= low) and (high is None or point <= high))
    return sorted(set(fitting))


def _words(question: Text, seen: Sequence[Use]) -> list[Answer] | None:
    if not all(_is_plain(use) for use in seen):
        return None
    named = [use.literal for use in seen if isinstance(use.literal, str) and use.literal]
    return [*(word for word in named if len(word) <= question.max_chars), *_other_word(named)]


def _other_word(named: Sequence[str]) -> Iterator[str]:
    """A text that is none of the named ones."""
    word = "x"
    while word in named:
        word += "x"
    yield word
