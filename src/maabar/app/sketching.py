"""The map of a scenario as it is being edited: places and the roads between them, straight from the tables.

In: places.csv and routes.csv as they stand, faults and all, and which table is being edited. Out: SVG. Beside
places.csv its circles can be dragged, or moved by arrow keys; beside a table that names places or ways, choosing one
writes it into a row; the script does both. What has no position is not drawn.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from maabar import sketch, texts, units
from maabar.app import desk, lines

WIDTH, HEIGHT = 900.0, 480.0
MOVED = "places.csv"
# Tables beside which the map stands -> columns into which what is chosen on it is written.
CHOSEN = {MOVED: (), "routes.csv": ("from", "to"), "events.csv": ("target",), "evidence.csv": ("place",)}
WAYS = "events.csv"  # ways can be chosen too


def rows(kept: desk.Desk, name: str, file: str) -> list[dict[str, Any]]:
    """The rows of a table by column, with `line`; none if it is not there."""
    try:
        parsed = lines.read(kept.read(name, file).text)
    except desk.Refused:
        return []
    head = lines.header(parsed)
    columns = [cell.strip().lstrip("\ufeff") for cell in head.cells] if head else []
    return [
        dict(zip(columns, line.cells, strict=False)) | {"line": line.number, "columns": columns}
        for line in parsed
        if line.cells and line is not head
    ]


def drawn(kept: desk.Desk, name: str, words: texts.Texts, table: str = "", columns: Sequence[str] = ()) -> str:
    """The map as SVG; '' if no place has a position.

    table    the table beside which it stands, one of CHOSEN; '': it is only looked at
    columns  those of the table
    """
    places = [(row, point) for row in rows(kept, name, "places.csv") if (point := _point(row)) is not None]
    if not places:
        return ""
    frame = sketch.Frame.around([point for _, point in places], WIDTH, HEIGHT)
    where = {str(row.get("id", "")): frame.point(*point) for row, point in places}
    roads = "".join(
        f"<line{_button(row, table == WAYS)} x1='{a[0]:.1f}' y1='{a[1]:.1f}' x2='{b[0]:.1f}' y2='{b[1]:.1f}'/>"
        for row in rows(kept, name, "routes.csv")
        if (a := where.get(str(row.get("from", "")))) and (b := where.get(str(row.get("to", ""))))
    )
    spots: list[str] = []
    taken: list[sketch.Box] = []
    for row, point in places:
        x, y = frame.point(*point)
        name = words.name(str(row.get("name", "")), str(row.get("name_ar", ""))) or str(row.get("id", ""))
        label, box = html.escape(name), frame.free(x, y, name, taken, (-16, 16))
        taken += [] if box is None else [box]
        middle, base = (0.0, -11.0) if box is None else ((box[0] + box[2]) / 2 - x, box[3] - 4 - y)
        crowded = " class='crowded'" if box is None else ""
        shown = f"<text{crowded} x='{middle:.0f}' y='{base:.0f}'>{label}</text>"
        kind = row.get("kind", "") if row.get("kind", "") in ("home", "camp", "refuge", "waypoint") else "other"
        hold = f" tabindex='0' role='button' data-line='{row['line']}'" if table == MOVED else ""
        hold += _button(row, table in CHOSEN and table != MOVED)
        spots.append(
            f"<g class='spot {kind}'{hold} transform='translate({x:.1f} {y:.1f})'><title>{label}</title>"
            f"<circle r='{4 if kind == 'waypoint' else 7}'/>{shown}</g>"
        )
    parts = {"middle": frame.middle, "centre": frame.centre, "wide": frame.wide, "scale": frame.scale}
    at = {part: list(columns).index(part) for part in ("lat", "lon") if part in columns and table == MOVED}
    data = "".join(f" data-{part}='{value}'" for part, value in (parts | at).items())
    picked = [list(columns).index(one) for one in CHOSEN.get(table, ()) if one in columns]
    data += f" data-pick='{' '.join(map(str, picked))}'" if picked else ""
    return (
        f"<svg id='map' class='map' viewBox='0 0 {WIDTH:.0f} {HEIGHT:.0f}' role='group' "
        f"aria-label='{html.escape(words('app.map'), quote=True)}'{data}>"
        f"<g class='roads'>{roads}</g>{''.join(spots)}</svg>"
    )


def _button(row: dict[str, Any], wanted: bool) -> str:
    """Attributes of a place or way that can be chosen: its id, a way's as events name it."""
    if not wanted:
        return ""
    name, way = str(row.get("id", "")), f"{row.get('from', '')}>{row.get('to', '')}"
    known = html.escape(name or way, quote=True)
    return f" tabindex='0' role='button' data-id='{known}'" + ("" if name else f" aria-label='{known}'")


def _point(row: dict[str, Any]) -> tuple[float, float] | None:
    try:
        lat, lon = (float(units.western(str(row.get(axis, "")))) for axis in ("lat", "lon"))
    except ValueError:
        return None
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None
