"""The parts of the calendar as ONNX operators, which know no dates: days counted in float64.

All numbers on the way are whole and below 2⁵³, so that each is exact.
"""

import math
from collections.abc import Callable

from ..table.times import CALENDAR, DAY
from .graph import Graph

MARCH = 719_468  # days from the first of March of the year 0 to 1970


def calendar_columns(graph: Graph, T: str, key: str) -> list[str]:
    """The columns that a part of the calendar makes of times T in milliseconds, (n, 1)."""
    share = graph.op("Div", _CALENDAR[key](graph, T), float(CALENDAR[key][1]))
    if key == "day":
        return [share]
    angle = graph.op("Mul", share, 2 * math.pi)
    # The cosine as a sine: older versions of onnxruntime have no other in float64.
    return [graph.op("Sin", x) for x in (angle, graph.op("Add", angle, math.pi / 2))]


def _floor_div(graph: Graph, x: str, y: float) -> str:
    return graph.op("Floor", graph.op("Div", x, y))


def _remainder(graph: Graph, x: str, y: float) -> str:
    """The remainder of whole numbers x divided by y, 0 or more."""
    return graph.op("Sub", x, graph.op("Mul", _floor_div(graph, x, y), y))


def _days(graph: Graph, T: str) -> str:
    """Whole days since 1970 of times T in milliseconds."""
    return _floor_div(graph, T, float(DAY))


def _from_march(graph: Graph, T: str) -> tuple[str, str]:
    """Months since March, 0 to 11, and the day of the month.

    Years are counted from the first of March, so that the odd day comes last, in eras of 400, whose
    days are always 146,097 (Howard Hinnant, "chrono-compatible low-level date algorithms").
    """
    from_march = graph.op("Add", _days(graph, T), float(MARCH))
    day_of_era = _remainder(graph, from_march, 146_097.0)
    leap, century, last = (_floor_div(graph, day_of_era, n) for n in (1_460.0, 36_524.0, 146_096.0))
    even = graph.op("Sub", graph.op("Add", graph.op("Sub", day_of_era, leap), century), last)
    year = _floor_div(graph, even, 365.0)
    leaps = graph.op("Sub", _floor_div(graph, year, 4.0), _floor_div(graph, year, 100.0))
    before = graph.op("Add", graph.op("Mul", year, 365.0), leaps)
    day_of_year = graph.op("Sub", day_of_era, before)
    month = _floor_div(graph, graph.op("Add", graph.op("Mul", day_of_year, 5.0), 2.0), 153.0)
    first = _floor_div(graph, graph.op("Add", graph.op("Mul", month, 153.0), 2.0), 5.0)
    return month, graph.op("Add", graph.op("Sub", day_of_year, first), 1.0)


def _month(graph: Graph, T: str) -> str:
    return _remainder(graph, graph.op("Add", _from_march(graph, T)[0], 2.0), 12.0)


def _weekday(graph: Graph, T: str) -> str:
    return _remainder(graph, graph.op("Add", _days(graph, T), 3.0), 7.0)


def _day(graph: Graph, T: str) -> str:
    return _from_march(graph, T)[1]


def _hour(graph: Graph, T: str) -> str:
    return graph.op("Div", _remainder(graph, T, float(DAY)), 3_600_000.0)


_CALENDAR: dict[str, Callable[[Graph, str], str]] = {  # of times, as in dates.CALENDAR
    "month": _month,
    "weekday": _weekday,
    "hour": _hour,
    "day": _day,
}
