"""Who the simulated respondents are: where they live, what they speak, how they lean, what they write, how they behave.

Invented weights. Their skew is that of real rounds: most answers come from few regions.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

#: ITU region: its share of respondents, and per country its weight and the languages in which its people answer.
REGIONS: Mapping[str, tuple[float, Mapping[str, tuple[int, str]]]] = {
    "europe": (0.34, {"FR": (9, "fr"), "ES": (8, "es"), "CH": (5, "fr en"), "IT": (6, "en"), "PL": (5, "en"),
                      "DE": (6, "en"), "PT": (4, "en"), "GB": (5, "en"), "NO": (2, "en"), "AL": (2, "en"),
                      "SI": (1, "en"), "BE": (3, "fr en"), "LV": (1, "ru en"), "TR": (3, "en")}),
    "americas": (0.25, {"BR": (8, "es en"), "MX": (8, "es"), "AR": (6, "es"), "CO": (5, "es"), "US": (4, "en"),
                        "CA": (3, "en fr"), "PE": (3, "es"), "CR": (2, "es"), "HT": (1, "fr"), "JM": (1, "en")}),
    "asia_pacific": (0.17, {"CN": (8, "zh"), "IN": (6, "en"), "PH": (4, "en"), "ID": (4, "en"), "SG": (2, "en zh"),
                            "BD": (2, "en"), "NP": (1, "en"), "FJ": (1, "en"), "VN": (2, "en"), "AU": (2, "en")}),
    "africa": (0.12, {"KE": (5, "en"), "SN": (4, "fr"), "CI": (3, "fr"), "NG": (5, "en"), "GH": (3, "en"),
                      "ZA": (3, "en"), "RW": (2, "fr en"), "CM": (2, "fr en"), "TZ": (1, "en"), "MG": (1, "fr")}),
    "arab_states": (0.07, {"EG": (5, "ar"), "MA": (4, "ar fr"), "TN": (3, "ar fr"), "JO": (2, "ar"), "SA": (3, "ar"),
                           "LB": (2, "ar fr"), "OM": (1, "ar"), "SD": (1, "ar"), "MR": (1, "ar fr")}),
    "cis": (0.05, {"RU": (5, "ru"), "KZ": (4, "ru"), "UZ": (2, "ru"), "BY": (2, "ru"), "KG": (2, "ru"),
                    "AM": (1, "ru")}),
}  # fmt: skip

#: Age band to its share; 1, 2 and 6 are outside of what most consultations ask.
AGES: Mapping[str, float] = {"1": 0.006, "2": 0.014, "3": 0.27, "4": 0.36, "5": 0.33, "6": 0.02}

#: What they write. Harmless, without names.
SENTENCES: Mapping[str, Sequence[str]] = {
    "ar": (
        "أتمنى أن يكون الإبلاغ أسهل وأن يصلنا جواب.",
        "يجب أن يتعلم الكبار أيضًا كيف تعمل هذه التطبيقات.",
        "نحتاج إلى درس عن هذا في المدرسة، لا إلى محاضرة مرة في السنة.",
        "أريد أن أقرر بنفسي من يرى صوري.",
    ),
    "zh": (
        "举报之后应该有人回复我们。",
        "希望学校教我们怎样保护自己的账号。",
        "大人应该先听我们说，再制定规则。",
        "规则太长了，请写得短一点、清楚一点。",
    ),
    "en": (
        "Answer us when we report something, even if the answer is no.",
        "Teach it in school before it happens, not after.",
        "Ask us before you change the rules & tell us what you did with our answers.",
        "The rules are too long. I'd read them if they fitted on one screen.",
    ),
    "fr": (
        "Il faudrait répondre quand on signale quelque chose.",
        "J’aimerais qu’on en parle à l’école, pas seulement une fois par an.",
        "Les règles sont trop longues : écrivez-les « en clair ».",
        "Demandez-nous avant de décider.",
    ),
    "ru": (
        "Хочется, чтобы на жалобы отвечали быстро.",
        "Об этом надо говорить в школе, и не один раз в год.",
        "Правила слишком длинные, их никто не читает.",
        "Сначала спросите нас, потом решайте.",
    ),
    "es": (
        "Que respondan cuando denunciamos algo, aunque sea un no.",
        "¿Por qué no se enseña en la escuela? Hace falta.",
        "Las reglas son demasiado largas; nadie las lee.",
        "Pregunten primero a los jóvenes y después decidan.",
    ),
}  # fmt: skip

LANGUAGES = tuple(SENTENCES)


@dataclass(frozen=True)
class Habits:
    """How often respondents do what, as shares of all of them."""

    front_first: float = 0.3
    everything_on_one_page: float = 0.15
    says_no: float = 0.02
    forgets_to_agree: float = 0.04
    skips: float = 0.1
    writes: float = 0.4
    chooses_against_the_rules: float = 0.08
    switches_language: float = 0.08
    goes_back: float = 0.08
    reloads: float = 0.08
    loses_the_line: float = 0.05
    changes_an_answer: float = 0.12
    sends_twice: float = 0.08
    stops_at_the_end: float = 0.01
    walks_away: float = 0.04
    leaves_by_quick_exit: float = 0.01
    looks_at_the_receipt_again: float = 0.05
    passes_the_device_on: float = 0.05


#: Somebody who goes straight through, whose way is worth measuring.
STRAIGHT = Habits(
    front_first=1, everything_on_one_page=0, says_no=0, forgets_to_agree=0, chooses_against_the_rules=0,
    switches_language=0, goes_back=0, reloads=0, loses_the_line=0, changes_an_answer=0, sends_twice=0,
    stops_at_the_end=0, walks_away=0, leaves_by_quick_exit=0, looks_at_the_receipt_again=0, passes_the_device_on=0,
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """One respondent before the first page. Everything follows from the seed and the number."""

    seed: int
    number: int
    region: str
    country: str
    language: str
    age: str

    @classmethod
    def made(cls, seed: int, number: int) -> "Person":
        dice = random.Random(f"{seed}/{number}")
        region = dice.choices(list(REGIONS), [share for share, _ in REGIONS.values()])[0]
        countries = REGIONS[region][1]
        country = dice.choices(list(countries), [weight for weight, _ in countries.values()])[0]
        own = countries[country][1].split()
        # Some answer in another language than their neighbours.
        language = dice.choice(LANGUAGES) if dice.random() < 0.06 else own[0] if dice.random() < 0.8 else own[-1]
        age = dice.choices(list(AGES), list(AGES.values()))[0]
        return cls(seed, number, region, country, language, age)

    def dice(self, about: str) -> random.Random:
        """Random numbers for one matter, the same however often and in whatever order they are asked for."""
        return random.Random(f"{self.seed}/{self.number}/{about}")

    def happens(self, share: float, about: str) -> bool:
        return share > 0 and self.dice(about).random() < share


@dataclass(frozen=True)
class Cast:
    """Who comes: mostly those of these age bands, where some are named, and all by the link of this code, where there
    is one. A few of other ages still come, and are told kindly that this is not for them."""

    ages: tuple[str, ...] = ()
    link: str = ""
    others: float = 0.05

    def person(self, seed: int, number: int) -> Person:
        made = Person.made(seed, number)
        if not self.ages or made.age in self.ages or made.happens(self.others, "of another age"):
            return made
        return replace(made, age=made.dice("of these ages").choice(self.ages))


#: Weights of answers that everybody knows from other surveys: by code, the name of the choice to its weight.
USUAL: Mapping[str, Mapping[str, float]] = {
    "DM02": {"1": 0.54, "2": 0.42, "3": 0.03, "98": 0.02},
    "DM05": {"1": 0.9, "2": 0.06, "3": 0.02},
}


@lru_cache(maxsize=20_000)
def lean(code: str, names: tuple[str, ...], region: str, age: str) -> tuple[float, ...]:
    """Weights of the choices of a question for one region and age: tables worth looking at, the same for every seed.

    Choices that mean "no answer" (97, 98) are rare. In countries people choose by their own, so `names` of two capital
    letters weigh the same.
    """
    usual = USUAL.get(code)
    if usual is not None:
        return tuple(usual.get(name, 0.02) for name in names)
    weights = []
    for name in names:
        weight = random.Random(f"{code}.{name}").lognormvariate(0, 0.7)
        weight *= random.Random(f"{code}.{name}/{region}").uniform(0.55, 1.6)
        weight *= random.Random(f"{code}.{name}/age {age}").uniform(0.7, 1.35)
        weights.append(0.12 * weight if name in ("97", "98") else weight)
    return tuple(weights)
