"""The figures as SVG, drawn by hand: bars for rates, a line for cost against size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, ROW, LEFT = 760, 34, 250
INK, BAR, PALE, BACK = "#1f2933", "#b7791f", "#e6c78f", "#ffffff"


def bars(title: str, unit: str, values: Mapping[str, float]) -> str:
    """One bar for each value."""
    most = max(values.values(), default=1.0) or 1.0
    rows = []
    for place, (name, value) in enumerate(values.items()):
        y, long = 50 + place * ROW, (WIDTH - LEFT - 110) * value / most
        rows.append(_text(LEFT - 10, y + 16, name, "end"))
        rows.append(f'<rect x="{LEFT}" y="{y}" width="{max(long, 1):.1f}" height="22" fill="{BAR}"/>')
        rows.append(_text(LEFT + long + 8, y + 16, f"{value:,.0f} {unit}"))
    return _page(title, 60 + ROW * len(values), rows)


def line(title: str, unit: str, points: Sequence[tuple[float, float]]) -> str:
    """Points over a logarithmic axis."""
    high, height = max((y for _, y in points), default=1.0) * 1.15 or 1.0, 260
    logs = [math.log10(x) for x, _ in points]
    low, span = min(logs), (max(logs) - min(logs)) or 1.0
    at = [
        (70 + (WIDTH - 170) * (log - low) / span, 50 + height * (1 - y / high))
        for log, (_, y) in zip(logs, points, strict=True)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    rows = [f'<polyline points="{path}" fill="none" stroke="{BAR}" stroke-width="3"/>']
    for (x, y), (size, value) in zip(at, points, strict=True):
        rows.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{BAR}"/>')
        rows.append(_text(x, y - 12, f"{value:,.0f} {unit}", "middle"))
        rows.append(_text(x, 50 + height + 24, f"{size:,.0f}", "middle"))
    return _page(title, height + 100, rows)


def course(title: str, unit: str, below: str, points: Sequence[tuple[float, float]]) -> str:
    """What a value did over time; `below`: what the horizontal axis counts."""
    high, height = max((y for _, y in points), default=1.0) * 1.15 or 1.0, 260
    last = max((x for x, _ in points), default=1.0) or 1.0
    path = " ".join(
        f"{70 + (WIDTH - 170) * x / last:.1f},{50 + height * (1 - y / high):.1f}" for x, y in points
    )
    rows = [f'<polyline points="{path}" fill="none" stroke="{BAR}" stroke-width="3"/>']
    rows += [_text(62, 55 + height * (1 - part), f"{high * part:,.0f}", "end") for part in (0.0, 0.5, 1.0)]
    for part in range(5):
        rows.append(
            _text(70 + (WIDTH - 170) * part / 4, 50 + height + 24, f"{last * part / 4:,.0f}", "middle")
        )
    rows.append(_text(WIDTH - 20, 50 + height + 24, below, "end"))
    return _page(f"{title} ({unit})", height + 100, rows)


def pairs(title: str, unit: str, values: Mapping[str, tuple[float, float]]) -> str:
    """Two bars for each name, the second one darker; logarithmic, since they lie far apart."""
    most = max((value for pair in values.values() for value in pair), default=1.0)
    least = min((value for pair in values.values() for value in pair if value), default=1.0) / 2
    rows = []
    for place, (name, pair) in enumerate(values.items()):
        y = 50 + place * 2 * ROW
        rows.append(_text(LEFT - 10, y + 26, name, "end"))
        for at, (value, fill) in enumerate(zip(pair, (PALE, BAR), strict=True)):
            part = math.log(max(value, least) / least) / (math.log(most / least) or 1.0)
            long = max((WIDTH - LEFT - 110) * part, 1.0)
            rows.append(f'<rect x="{LEFT}" y="{y + at * 22}" width="{long:.1f}" height="20" fill="{fill}"/>')
            rows.append(_text(LEFT + long + 8, y + 16 + at * 22, f"{value:,.2f} {unit}"))
    return _page(title, 60 + 2 * ROW * len(values), rows)


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    style = f'font-family="sans-serif" font-size="14" fill="{INK}" text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'


def _page(title: str, height: int, rows: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
    back = f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="{BACK}"/>'
    return "\n".join([head, back, _text(20, 30, title), *rows, "</svg>", ""])
