"""Who may do what at the desk: one table. Every route of the desk names its act, and asks here."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What somebody is here. `translator` writes in named languages, `partner` sees the counts of own links only."""

    ADMINISTRATOR = "administrator"
    MODERATOR = "moderator"
    SECRETARIAT = "secretariat"
    PROTECTION = "protection"
    TRANSLATOR = "translator"
    MEMBER = "member"
    PARTNER = "partner"


class Act(StrEnum):
    """What can be done or seen. A route that anybody signed in may use, such as the own account, has `own_account`."""

    OWN_ACCOUNT = "own_account"
    MANAGE_STAFF = "manage_staff"
    SEE_AUDIT = "see_audit"
    SEE_CONSULTATIONS = "see_consultations"
    MAKE_CONSULTATION = "make_consultation"
    SEE_QUESTIONNAIRE = "see_questionnaire"
    EDIT_QUESTIONNAIRE = "edit_questionnaire"
    TRANSLATE = "translate"
    REVIEW_TRANSLATION = "review_translation"
    SCHEDULE = "schedule"
    OVERRULE_GATE = "overrule_gate"
    RUN_DAY = "run_day"
    SEE_LIVE = "see_live"
    FREEZE = "freeze"
    PUBLISH = "publish"
    SEE_DRAFTS = "see_drafts"
    COMMENT = "comment"
    ANSWER_COMMENTS = "answer_comments"
    REPORT_BACK = "report_back"
    EXPORT_SUBMISSIONS = "export_submissions"
    WRITE_PAPER = "write_paper"
    MANAGE_LINKS = "manage_links"
    SEE_OWN_LINKS = "see_own_links"
    CHECK_HELPLINES = "check_helplines"


_A, _M, _S, _P, _T, _G, _L = Role
_EVERYBODY = frozenset(Role)

#: Each act with the roles that may. An administrator keeps accounts and the trail, and overrules; it reads no answers.
MAY: Mapping[Act, frozenset[Role]] = MappingProxyType(
    {
        Act.OWN_ACCOUNT: _EVERYBODY,
        Act.MANAGE_STAFF: frozenset({_A}),
        Act.SEE_AUDIT: frozenset({_A, _P}),
        Act.SEE_CONSULTATIONS: frozenset({_A, _M, _S, _P, _T, _G}),
        Act.MAKE_CONSULTATION: frozenset({_A, _M}),
        Act.SEE_QUESTIONNAIRE: frozenset({_A, _M, _S, _P, _T}),
        Act.EDIT_QUESTIONNAIRE: frozenset({_A, _M}),
        Act.TRANSLATE: frozenset({_A, _M, _T}),
        Act.REVIEW_TRANSLATION: frozenset({_A, _M, _S, _T}),
        Act.SCHEDULE: frozenset({_A, _M}),
        Act.OVERRULE_GATE: frozenset({_A}),
        Act.RUN_DAY: frozenset({_A, _M}),
        Act.SEE_LIVE: frozenset({_A, _M, _S, _P}),
        Act.FREEZE: frozenset({_A, _S}),
        Act.PUBLISH: frozenset({_A, _S}),
        Act.SEE_DRAFTS: frozenset({_A, _M, _S, _G}),
        Act.COMMENT: frozenset({_M, _S, _G}),
        Act.ANSWER_COMMENTS: frozenset({_A, _S}),
        Act.REPORT_BACK: frozenset({_A, _S}),
        Act.EXPORT_SUBMISSIONS: frozenset({_S}),
        Act.WRITE_PAPER: frozenset({_A, _S}),
        Act.MANAGE_LINKS: frozenset({_A, _M}),
        Act.SEE_OWN_LINKS: frozenset({_A, _M, _L}),
        Act.CHECK_HELPLINES: frozenset({_A, _M, _P}),
    }
)


def may(role: Role, act: Act) -> bool:
    return role in MAY[act]
