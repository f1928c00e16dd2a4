"""The figures as SVG, drawn by hand: bars for rates, a line for cost against size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, ROW, LEFT = 760, 34, 250
INK, BAR, BACK = "#1f2933", "#b7791f", "#ffffff"


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


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    style = f'font-family="sans-serif" font-size="14" fill="{INK}" text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'


def _page(title: str, height: int, rows: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
    back = f'<title>{escape(title)}</title><rect width="100%" height="100%" fill="{BACK}"/>'
    return "\n".join([head, back, _text(20, 30, title), *rows, "</svg>", ""])
