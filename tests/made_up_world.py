"""Owns the made-up world behind full-size releases: areas, practices, people, and how they change from month to month.

Never a real figure, and never one that depends on how long the world lasts: each month has chance of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from tests.made_up_layouts import SubIcb

WINDOW = 12
RESIDENT_PER_CENT = 95
"""Share of the people whose place of residence is known."""
REGIONS = (
    ("Y56", "E40000003", "London"), ("Y58", "E40000006", "South West"), ("Y59", "E40000005", "South East"),
    ("Y60", "E40000011", "Midlands"), ("Y61", "E40000007", "East of England"), ("Y62", "E40000010", "North West"),
    ("Y63", "E40000012", "North East and Yorkshire"),
)  # fmt: skip
KNOWN = (
    ("E07000174", "Mansfield"), ("E07000170", "Ashfield"), ("E07000175", "Newark and Sherwood"),
    ("E06000058", "Bournemouth, Christchurch and Poole"),
)  # fmt: skip
"""Four real authorities, so that people find a name they know; every other area is invented."""
HEADS = [
    "Quill",
    "Tarn",
    "Wend",
    "Fen",
    "Oster",
    "Mar",
    "Brack",
    "Thistle",
    "Ember",
    "Hollow",
    "Lark",
    "Sedge",
    "Cinder",
    "Morrow",
    "Plover",
    "Rook",
    "Saffron",
    "Teasel",
    "Umber",
    "Yarrow",
]
TAILS = [
    "mere",
    "wick",
    "holt",
    "combe",
    "stowe",
    "thwaite",
    "barrow",
    "leigh",
    "dene",
    "garth",
    "shaw",
    "croft",
    "hithe",
    "fold",
    "moss",
    "rigg",
]
NOISE = (-3, -2, -1, 0, 1, 2, 3)
NOISE_WEIGHTS = (1, 4, 14, 62, 14, 4, 1)
GROWTH = range(-5, 10)
GROWTH_WEIGHTS = (1, 2, 4, 7, 10, 14, 18, 18, 14, 10, 7, 5, 4, 2, 1)


@dataclass(slots=True)
class Practice:
    """One practice: when it opened, was renamed and closed, in months since the world began."""

    code: str
    sub: int
    born: int
    name: str
    renamed: tuple[int, str] | None = None
    dies: int = 10**9


@dataclass(slots=True)
class World:
    """Everything that is true, by month; figures are lists in the order of `lsoas` and `practices`."""

    seed: str
    rate: float
    lsoas: list[tuple[str, str, int, int]]
    authorities: list[tuple[str, str]]
    subs: list[SubIcb]
    practices: list[Practice]
    res: dict[int, list[int]] = field(default_factory=dict)
    reg: dict[int, list[int]] = field(default_factory=dict)
    lists: dict[int, list[int]] = field(default_factory=dict)
    lost: dict[int, int] = field(default_factory=dict)
    """People registered nowhere, by month."""

    def dice(self, *what: object) -> Random:
        """Chance of its own for each purpose, so that no run's length changes another's figures."""
        return Random(":".join(map(str, (self.seed, *what))))

    def total(self, month: int) -> int:
        """England's opt-outs: what practices and nowhere sum to."""
        stated = (v for v, one in zip(self.reg[month], self.practices, strict=False) if one.born <= month < one.dies)
        return sum(stated) + self.lost[month]

    def list_size(self, month: int) -> int:
        """England's list size."""
        return sum(v for v, one in zip(self.lists[month], self.practices, strict=False) if one.born <= month < one.dies)


def _names(dice: Random, count: int) -> list[str]:
    every = [f"{head}{tail}" for head in HEADS for tail in TAILS]
    every += [f"{kind} {name}" for kind in ("North", "South") for name in every]
    return dice.sample(every, count)


def _areas(dice: Random, lsoas: int) -> tuple[list[tuple[str, str]], list[SubIcb]]:
    """Local authorities and sub-ICB locations: 309 and 106 in a full-size world, fewer in a small one."""
    n_la, n_sub, n_icb = (309, 106, 42) if lsoas >= 3090 else (12, 6, 3)
    names = _names(dice, n_la + n_icb)
    authorities = list(KNOWN)
    for index in range(n_la - len(KNOWN)):
        comma = ", City of" if index % 60 == 7 else ""
        authorities.append((f"E0799{index:04d}", names[index] + comma))
    subs = []
    for index in range(n_sub):
        icb = index * n_icb // n_sub
        code, name = f"X{index:02d}" if index < 100 else f"W{index - 100:02d}", names[n_la + icb]
        ics = (f"E5499{icb:04d}", f"X{chr(65 + icb // 26)}{chr(65 + icb % 26)}", f"NHS {name} Integrated Care Board")
        region = REGIONS[icb * len(REGIONS) // n_icb]
        subs.append(SubIcb(code, f"E3899{index:04d}", f"NHS {name} ICB - {code}", *ics, *region))
    return authorities, subs


def made_world(seed: str, rate: float, lsoas: int, practices: int) -> World:
    """A world of twelve months; `rate` is the share of cells that `revise` changes."""
    dice = Random(f"{seed}:areas")
    authorities, subs = _areas(dice, lsoas)
    weights = [dice.lognormvariate(0, 0.6) for _ in authorities]
    home = sorted(dice.choices(range(len(authorities)), weights, k=lsoas))
    places, index = [], 0
    for number, la in enumerate(home):
        index = index + 1 if number and home[number - 1] == la else 0
        name = f"{authorities[la][1].removesuffix(', City of')} {index // 5 + 1:03d}{'ABCDE'[index % 5]}"
        places.append((f"E019{number:05d}", name, la, la * len(subs) // len(authorities)))
    world = World(seed, rate, places, authorities, subs, [])
    for number in range(practices):
        world.practices.append(_new_practice(dice, number, number % len(subs), 0))
    _first_month(world)
    for month in range(1, WINDOW):
        next_month(world, month)
    return world


def _new_practice(dice: Random, number: int, sub: int, born: int) -> Practice:
    ending = dice.choice((" SURGERY", " MEDICAL CENTRE", " HEALTH CENTRE", " PRACTICE", " HEALTH CTR, WARD"))
    return Practice(f"Z{10000 + number}", sub, born, f"{dice.choice(HEADS)}{dice.choice(TAILS)}".upper() + ending)


def _first_month(world: World) -> None:
    dice = world.dice("figures")
    world.lists[0] = [int(dice.lognormvariate(8.95, 0.55)) + 900 for _ in world.practices]
    world.reg[0] = [int(size * dice.lognormvariate(-3.0, 0.35)) for size in world.lists[0]]
    world.lost[0] = 1 + sum(world.reg[0]) // 150
    # The people without a known place of residence are what keeps the sums of both files equal.
    mean = world.total(0) * RESIDENT_PER_CENT / 100 / len(world.lsoas)
    raw = [dice.lognormvariate(0, 0.5) for _ in world.lsoas]
    scale = mean * len(raw) / sum(raw)
    world.res[0] = [int(value * scale) for value in raw]


def next_month(world: World, month: int) -> None:
    """A month from the one before as it is now stated: small net changes, a few practices opened, renamed and closed."""
    dice = world.dice("month", month)
    steps = dice.choices(GROWTH, GROWTH_WEIGHTS, k=len(world.practices))
    world.reg[month] = [max(0, a + b) for a, b in zip(world.reg[month - 1], steps, strict=True)]
    sizes = world.lists[month - 1]
    grown = dice.choices((-2, -1, 0, 1, 2, 3), k=len(sizes))
    world.lists[month] = [a + b * a // 1000 for a, b in zip(sizes, grown, strict=True)]
    world.lost[month] = world.lost[month - 1] + dice.randint(-20, 30)
    for index in dice.sample(range(len(world.practices)), max(1, len(world.practices) // 600)):
        if dice.random() < 0.3:
            _close_practice(world, index, month)
        elif world.practices[index].renamed is None:
            world.practices[index].renamed = (month, world.practices[index].name.split(" ", 1)[0] + " PRIMARY CARE")
    if len(world.practices) >= 1000:
        _open_practice(world, dice, month)
    world.res[month] = _next_residence(world, dice, month)


def _next_residence(world: World, dice: Random, month: int) -> list[int]:
    """LSOAs grow by their share of England's growth, so that the people without a place never become fewer than none."""
    noise = dice.choices(NOISE, NOISE_WEIGHTS, k=len(world.lsoas))
    row = [max(0, a + b) for a, b in zip(world.res[month - 1], noise, strict=True)]
    wanted = world.total(month) * RESIDENT_PER_CENT // 100 - sum(row)
    for index in dice.choices(range(len(row)), k=abs(wanted)):
        row[index] = max(0, row[index] + (1 if wanted > 0 else -1))
    return row


def _close_practice(world: World, index: int, month: int) -> None:
    """Close a practice; the next one on the list takes its people over."""
    heir = (index + 1) % len(world.practices)
    if min(world.practices[index].dies, world.practices[heir].dies) > month:
        world.practices[index].dies = month
        for figures in (world.reg[month], world.lists[month]):
            figures[heir] += figures[index]
            figures[index] = 0


def _open_practice(world: World, dice: Random, month: int) -> None:
    number = len(world.practices)
    world.practices.append(_new_practice(dice, number, number % len(world.subs), month))
    for figures, first in ((world.reg, 250), (world.lists, 5_000)):
        figures[month].append(first)


def revise(world: World, months: range) -> None:
    """Change a share of the cells that the next release restates, by one to three people each."""
    for month in months:
        dice = world.dice("revision", months.stop, month)
        for row in (world.res[month], world.reg[month]):
            for index in dice.sample(range(len(row)), round(len(row) * world.rate)):
                row[index] = max(0, row[index] + dice.choice((-3, -2, -1, -1, 1, 1, 2)))
