"""The recall and alarm curves as an SVG, written by hand: no dependency for four lines."""

import math
from html import escape

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 60, 190, 30, 50
COLOURS = ("#0b5fa5", "#c2410c", "#4d7c0f", "#7c3aed", "#555555")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 4")
TICKS = (0.3, 1, 3, 10, 30, 100)


def draw(title: str, curves: dict[str, list[tuple[float, float]]]) -> str:
    """Curves of (alarms per 1,000, recall); the alarms on a logarithmic axis."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="18" font-size="14">{escape(title)}</text>',
    ]
    for recall in (0, 0.2, 0.4, 0.6, 0.8, 1.0):
        y = _y(recall)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{recall:.1f}</text>')
    for tick in TICKS:
        x = _x(tick)
        parts.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#dddddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{tick:g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">alarms per 1,000 functions nobody copied</text>')
    parts.append(f'<text transform="translate(16 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">recall of planted copies</text>')
    for number, (name, points) in enumerate(curves.items()):
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        path = "".join(f"{'L' if i else 'M'}{_x(a):.1f} {_y(r):.1f}" for i, (a, r) in enumerate(sorted(points)))
        parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        y = TOP + 20 + 20 * number
        x = WIDTH - RIGHT + 14
        parts.append(f'<path d="M{x} {y - 4}h24" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        parts.append(f'<text x="{x + 30}" y="{y}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _x(alarms: float) -> float:
    low, high = math.log10(TICKS[0]), math.log10(TICKS[-1])
    share = (math.log10(min(max(alarms, TICKS[0]), TICKS[-1])) - low) / (high - low)
    return LEFT + share * (WIDTH - RIGHT - LEFT)


def _y(recall: float) -> float:
    return HEIGHT - BOTTOM - recall * (HEIGHT - BOTTOM - TOP)
