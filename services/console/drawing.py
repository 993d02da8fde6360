"""Drawings of a blueprint: as Mermaid text, and as SVG."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 230, 58
"""Of the box of a step, in pixels."""

ACROSS, DOWN, MARGIN = 290, 82, 20
"""From one column and row to the next."""

STYLE = (
    "rect{fill:#fff;stroke:#456;rx:6}text{font:12px sans-serif;fill:#123}"
    ".what{fill:#567}path{fill:none;stroke:#789;marker-end:url(#tip)}"
    ".conditional{stroke-dasharray:5 4}"
)

TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
    'orient="auto"><path d="M0 0L8 4L0 8"/></marker></defs>'
)

Step = Mapping[str, Any]


class Box(NamedTuple):
    """The place of a step in the drawing."""

    x: int
    y: int


def as_mermaid(blueprint: Mapping[str, Any]) -> str:
    """Return a blueprint as a Mermaid flow chart; steps with a condition have dashed arrows."""
    lines = ["flowchart LR"]
    for step in blueprint["steps"]:
        text = "<br/>".join(escape(each, {'"': "&quot;"}) for each in lines_of(step, blueprint))
        lines.append(f'  {node(step["name"])}["{text}"]')
        arrow = "-.->" if is_conditional(step) else "-->"
        lines += [f"  {node(each)} {arrow} {node(step['name'])}" for each in step["after"]]
    return "\n".join(lines)


def is_conditional(step: Step) -> bool:
    """Tell whether a plan may lack a step."""
    return bool(step["when"] or step["for_each"])


def node(name: str) -> str:
    """Return the id of a step in the chart; words such as `end` have a meaning of their own."""
    return f"step_{name.replace('-', '_')}"


def lines_of(step: Step, blueprint: Mapping[str, Any]) -> list[str]:
    """Return what a drawing says of a step: its title, who does what, and what undoes it."""
    who = step["element"] or step["skill"] or step["kind"]
    needs = step["needs"] or (blueprint["needs"] if step["kind"] == "assign" else ())
    kinds = ", ".join(need_text(each) for each in needs)
    wait = wait_text(step) if step["kind"] == "wait" else ""
    done = f"{who}: {step['operation']}" if step["operation"] else kinds or wait or step["kind"]
    undo = [f"undo: {step['undo']}"] if step["undo"] else []
    each = f" (for each {step['for_each']})" if step["for_each"] else ""
    return [f"{step['title'] or step['name']}{each}", done, *undo]


def wait_text(step: Step) -> str:
    """Return how long a step waits: `until $item.requested_completion`, `3600 s`."""
    date = f"until {step['until']}" if step["until"] else ""
    time = f"{step['wait_s']} s" if step["wait_s"] else ""
    return " + ".join(filter(None, (date, time)))


def need_text(need: Mapping[str, Any]) -> str:
    """Return a need for people: `swap leg`, `number`."""
    return " ".join(filter(None, (need["effect"], need["kind"])))


def as_svg(blueprint: Mapping[str, Any]) -> str:
    """Return a blueprint as an SVG document: each step to the right of those it follows."""
    boxes = place(blueprint["steps"])
    width = max(each.x for each in boxes.values()) + WIDTH + MARGIN
    height = max(each.y for each in boxes.values()) + HEIGHT + MARGIN
    name = f"{blueprint['specification']}/{blueprint['business_action']}"
    arrows = [
        arrow(boxes[before], boxes[step["name"]], is_conditional=is_conditional(step))
        for step in blueprint["steps"]
        for before in step["after"]
    ]
    drawn = [box(boxes[step["name"]], lines_of(step, blueprint)) for step in blueprint["steps"]]
    size = f'width="{width}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    title = f"<title>{escape(name)}</title><style>{STYLE}</style>"
    return "\n".join((head, title, TIP, *arrows, *drawn, "</svg>"))


def place(steps: Sequence[Step]) -> dict[str, Box]:
    """Return the place of each step; predecessors stand before it in the blueprint."""
    column: dict[str, int] = {}
    rows: dict[int, int] = {}
    boxes = {}
    for step in steps:
        at = max((column[each] + 1 for each in step["after"]), default=0)
        row = rows.get(at, 0)
        column[step["name"]], rows[at] = at, row + 1
        boxes[step["name"]] = Box(MARGIN + at * ACROSS, MARGIN + row * DOWN)
    return boxes


def arrow(begin: Box, end: Box, *, is_conditional: bool) -> str:
    """Return the arrow from one step to another."""
    x1, y1, x2, y2 = begin.x + WIDTH, begin.y + HEIGHT // 2, end.x, end.y + HEIGHT // 2
    half = (x1 + x2) // 2
    kind = ' class="conditional"' if is_conditional else ""
    return f'<path{kind} d="M{x1} {y1}C{half} {y1} {half} {y2} {x2} {y2}"/>'


def box(at: Box, lines: Sequence[str]) -> str:
    """Return the box of a step with its lines, the first one as its title."""
    first, *others = map(escape, lines)
    texts = [f'<text x="{at.x + 10}" y="{at.y + 18}">{first}</text>']
    for n, line in enumerate(others, start=1):
        texts.append(f'<text class="what" x="{at.x + 10}" y="{at.y + 18 + 16 * n}">{line}</text>')
    return f'<rect x="{at.x}" y="{at.y}" width="{WIDTH}" height="{HEIGHT}"/>' + "".join(texts)
