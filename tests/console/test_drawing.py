"""A blueprint is drawn as Mermaid text and as SVG."""

from xml.etree import ElementTree as ET

import msgspec
import pytest

from services.console.drawing import as_mermaid, as_svg
from services.provisioning.api.schemas.blueprints import BlueprintSchema
from tests.provisioning.builders import shipped

SVG = "{http://www.w3.org/2000/svg}"
SHIPPED = {
    each.display_name: BlueprintSchema.model_validate(each, from_attributes=True).model_dump(
        mode="json"
    )
    for each in shipped().values()
}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_blueprint_is_drawn_with_all_its_steps(name: str) -> None:
    steps = SHIPPED[name]["steps"]

    chart = as_mermaid(SHIPPED[name])
    drawing = ET.fromstring(as_svg(SHIPPED[name]))  # noqa: S314  our own text

    arrows = sum(len(step["after"]) for step in steps)
    assert chart.count("[") == len(steps)
    assert len(drawing.findall(f"{SVG}rect")) == len(steps)
    assert chart.count("->") == len(drawing.findall(f"{SVG}path")) == arrows


def test_a_chart_says_how_long_a_step_waits() -> None:
    blueprint = msgspec.json.decode(msgspec.json.encode(SHIPPED["ftth/suspend"]))
    waits = {"kind": "wait", "element": "", "operation": "", "undo": "", "title": ""}
    blueprint["steps"][1] |= waits | {"until": "$item.requested_completion", "wait_s": 60}

    assert '["bar<br/>until $item.requested_completion + 60 s"]' in as_mermaid(blueprint)


def test_a_chart_says_who_does_what_and_what_undoes_it() -> None:
    lines = as_mermaid(SHIPPED["ftth/new"]).splitlines()

    assert lines[0] == "flowchart LR"
    assert (
        '  step_account["create the broadband account<br/>aaa: create-account'
        '<br/>undo: delete-account"]'
    ) in lines
    assert "  step_install --> step_test" in lines


def test_a_step_with_a_condition_has_a_dashed_arrow() -> None:
    assert "step_assign -.-> step_bar" in as_mermaid(SHIPPED["ftth/suspend"])


def test_texts_are_escaped() -> None:
    hostile = msgspec.json.decode(msgspec.json.encode(SHIPPED["ftth/new"]))
    hostile["steps"][1]["title"] = '<script>"&'

    assert "<script>" not in as_mermaid(hostile)
    ET.fromstring(as_svg(hostile))  # noqa: S314  our own text


def test_no_two_steps_have_one_place() -> None:
    drawing = ET.fromstring(as_svg(SHIPPED["ftth/new"]))  # noqa: S314  our own text

    places = [(each.get("x"), each.get("y")) for each in drawing.findall(f"{SVG}rect")]
    assert len(places) == len(set(places))
