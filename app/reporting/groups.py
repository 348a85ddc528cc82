"""The groups by which results are broken down: what they are called, and to which a respondent belongs.

Pure. A breakdown is the region, age, gender or settlement; each is a partition of all respondents, so that its groups
add up to everybody. Who did not answer the question behind it stands in the group `none`.
"""

from collections.abc import Callable, Mapping

from app.questionnaire.document import AGE_BAND, COUNTRY, GENDER, SETTLEMENT, Document
from app.questionnaire.kinds import ESCAPES, Answers, Single

#: In the order of every table.
BREAKDOWNS = ("region", "age", "gender", "settlement")
#: The regions of the ITU, in the order of the Union's own lists.
REGIONS = ("africa", "americas", "arab_states", "asia_pacific", "cis", "europe")
#: Whoever gave no answer, or "I don't know", or "I would rather not say". Also the line of these answers in a table.
NONE = "none"
#: The breakdown of indicators by country; who lives elsewhere in a region stands in `REST`, which is never published.
COUNTRY_ROWS, REST = "country", ""
#: Breakdown of columns that are never published, though a reader can take their counts for a difference.
REST_OF = "rest"
#: Everybody: the breakdown `all` has the one group `all`.
ALL = "all"

SETTLEMENTS: Mapping[str, str] = {"1": "urban", "2": "urban", "3": "rural"}
#: Choices of the age question that lie under 18.
MINORS = frozenset({"1", "2", "3", "4"})
#: The questions behind the breakdowns. Their counts are published as groups, never a second time as answers.
BEHIND: Mapping[str, str] = {"region": COUNTRY, "age": AGE_BAND, "gender": GENDER, "settlement": SETTLEMENT}

RegionOf = Callable[[str], str | None]
"""Country code of two letters to the code of its region, None for a code that is no country's."""


def groups_of(document: Document) -> Mapping[str, tuple[str, ...]]:
    """Each breakdown that the questionnaire allows, with its groups in order; `none` stands last."""
    found: dict[str, tuple[str, ...]] = {}
    for breakdown, code in BEHIND.items():
        question = document.questions.get(code)
        if not isinstance(question, Single):
            continue
        if breakdown == "region":
            groups: tuple[str, ...] = REGIONS
        elif breakdown == "settlement":
            groups = ("urban", "rural")
        else:
            groups = tuple(choice.name for choice in question.choices if choice.name not in ESCAPES)
        found[breakdown] = (*groups, NONE)
    return found


def group_in(breakdown: str, answers: Answers, region_of: RegionOf) -> str:
    """The group of a respondent with these answers."""
    answer = answers.get(BEHIND[breakdown])
    if not isinstance(answer, str) or answer in ESCAPES:
        return NONE
    if breakdown == "region":
        return region_of(answer) or NONE
    if breakdown == "settlement":
        return SETTLEMENTS.get(answer, NONE)
    return answer


# Columns of earlier releases, which a reader has as well, are told from those of now by the name of their breakdown.

_OF_RELEASE = "@"
_ONLY = " only"


def of_release(breakdown: str, number: int, *, only: bool = False) -> str:
    """The name of the breakdown as the release of that number had it. `only`: its people who are in no later one."""
    return f"{breakdown}{_OF_RELEASE}{number}{_ONLY if only else ''}"


def is_earlier(column: tuple[str, str]) -> bool:
    """Whether this is a column of an earlier release, which can be hidden no more."""
    return _OF_RELEASE in column[0]


def plain(breakdown: str) -> str:
    """The name of the breakdown, whichever release had it."""
    return breakdown.partition(_OF_RELEASE)[0]


def is_only(breakdown: str) -> bool:
    """Whether these are people of an earlier release who are in no later one."""
    return breakdown.endswith(_ONLY)


def shown_in(breakdown: str) -> str:
    """The breakdown that was published of which this one has people."""
    return breakdown.removesuffix(_ONLY)


def everybody_in(breakdown: str) -> tuple[str, str]:
    """The column of everybody in the release that had this breakdown."""
    return ALL + shown_in(breakdown)[len(plain(breakdown)) :], ALL
