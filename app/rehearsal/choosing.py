"""How a simulated respondent answers one field, and how it mends an answer that was refused."""

import random
from collections.abc import Mapping, Sequence

from app.rehearsal.people import SENTENCES, Habits, Person, lean
from app.rehearsal.screen import Control, Screen

AGE, AGREE, PARENT, COUNTRY = "DM01", "agree", "parent", "DM03"
#: Fields of the start page without which nobody goes on.
NEEDED = frozenset({AGE, AGREE, PARENT})

Typed = dict[str, tuple[str, ...]]
"""Field name to what stands in it; an empty tuple where it was left empty."""


def base_of(name: str, control: Control) -> str:
    """The code of the ranking that this field is a place of, or its own name.

    Values of other fields begin with the field's name and a dot; in a ranking they begin with its code alone.
    """
    base, _, place = name.rpartition(".")
    own = any(value.startswith(f"{name}.") for value in control.values)
    return base if place.isdigit() and base and not own and control.kind == "radio" else name


def choose(person: Person, habits: Habits, screen: Screen, names: Sequence[str], language: str) -> Typed:
    """What `person` puts into the fields `names`, which it has never seen before."""
    typed: Typed = {}
    for name in names:
        control = screen.controls[name]
        base = base_of(name, control)
        if name in typed or control.kind == "hidden":
            continue
        dice = person.dice(base)
        if base != name:
            places = [each for each in screen.controls if base_of(each, screen.controls[each]) == base != each]
            typed.update(_rank(person, habits, base, places, control, dice))
        elif name in NEEDED:
            typed[name] = _begin(person, habits, control)
        elif dice.random() < habits.skips:
            typed[name] = ()
        elif control.kind in ("radio", "select"):
            typed[name] = (_one(person, control, dice),)
        elif control.kind == "checkbox":
            typed[name] = _several(person, habits, control, dice)
        else:
            typed[name] = _write(habits, control, dice, language)
    return typed


def mend(person: Person, screen: Screen, code: str, typed: Mapping[str, tuple[str, ...]], time: int) -> Typed:
    """Other answers to the question `code`, which was refused. After some times it is left empty."""
    dice = person.dice(f"{code}, mended {time}")
    mended: Typed = {}
    for name, control in screen.controls.items():
        if code not in (name, base_of(name, control)) and not name.startswith(f"{code}."):
            continue
        now = typed.get(name, ())
        if name in (AGREE, PARENT):
            mended[name] = ("yes",)
        elif name == AGE:
            mended[name] = (f"{AGE}.{person.age}",)
        elif time > 4:
            mended[name] = ()
        elif control.kind in ("radio", "select"):
            taken = {value for other in mended.values() for value in other}
            free = [value for value in _real(control) if value not in taken]
            mended[name] = now if now and now[0] in free else (dice.choice(free),) if name == code else ()
        elif control.kind == "checkbox":
            alone = [value for value in now if _is_alone(control, value)]
            others = [value for value in now if value not in alone]
            keep = others if len(others) > 1 or not alone else alone
            mended[name] = tuple(keep[: max(1, len(keep) - (0 if alone else 1))])
        elif control.numeric:
            number = int(now[0]) if now and now[0].isdecimal() else 8
            mended[name] = (str(max(1, number // 2)),)
        else:
            mended[name] = (now[0][: len(now[0]) // 2].strip() or "—",) if now else ("—",)
    return mended


def _begin(person: Person, habits: Habits, control: Control) -> tuple[str, ...]:
    if control.name == AGE:
        value = f"{AGE}.{person.age}"
        return (value if value in control.values else control.values[-1],)
    if control.name == AGREE:
        if person.happens(habits.forgets_to_agree, "forgets to agree"):
            return ()
        return ("no" if person.happens(habits.says_no, "says no") else "yes",)
    return ("yes",)


def _real(control: Control) -> list[str]:
    """The values that answer something, in an order that no language changes."""
    return sorted(value for value in control.values if value)


def _name(value: str) -> str:
    return value.rpartition(".")[2]


def _is_alone(control: Control, value: str) -> bool:
    return value in control.alone or _name(value) in ("97", "98")


def _one(person: Person, control: Control, dice: random.Random) -> str:
    values = _real(control)
    home = f"{COUNTRY}.{person.country}"
    if control.name == COUNTRY and home in values:
        return home
    names = tuple(_name(value) for value in values)
    return dice.choices(values, lean(control.name, names, person.region, person.age))[0]


def _several(person: Person, habits: Habits, control: Control, dice: random.Random) -> tuple[str, ...]:
    values = _real(control)
    weights = dict(
        zip(
            values,
            lean(control.name, tuple(_name(value) for value in values), person.region, person.age),
            strict=True,
        )
    )
    first = dice.choices(values, list(weights.values()))[0]
    chosen = [first]
    together = [value for value in values if value != first and not _is_alone(control, value)]
    if not _is_alone(control, first):
        most = control.most or len(values)
        # Each weighs for itself, so that some choose one and some nearly all.
        chosen += [value for value in together if dice.random() < 0.3 * weights[value]]
        chosen = chosen[: max(1, most)]
    if person.happens(habits.chooses_against_the_rules, f"{control.name} against the rules") and together:
        alone = [value for value in values if _is_alone(control, value) and value not in chosen]
        chosen += alone[:1] if alone and first in [*together, first] else together[:1]
    return tuple(value for value in control.values if value in chosen)


def _rank(person: Person, habits: Habits, base: str, places: list[str], control: Control, dice: random.Random) -> Typed:
    if dice.random() < habits.skips:
        return dict.fromkeys(places, ())
    values = _real(control)
    weights = list(lean(base, tuple(_name(value) for value in values), person.region, person.age))
    ranked: Typed = {}
    for place in places:
        value = dice.choices(values, weights)[0]
        weights[values.index(value)] = 0
        ranked[place] = (value,) if dice.random() > 0.08 and any(weights) else ()
    if len(places) > 1 and person.happens(habits.chooses_against_the_rules, f"{base} against the rules"):
        ranked[places[-1]] = ranked[places[0]]
    return ranked


def _write(habits: Habits, control: Control, dice: random.Random, language: str) -> tuple[str, ...]:
    if control.numeric:
        return (str(dice.randint(1, 12)),)
    if dice.random() >= habits.writes:
        return ()
    stock = SENTENCES[language]
    text = dice.choice(stock)
    if control.kind == "textarea" and dice.random() < 0.3:
        text += "\n" + dice.choice(stock)
    # Blanks at the end are not kept, so that nobody types them.
    return (text[: control.most].rstrip() if control.most else text,)
