"""What `kaitong catalogue plan` and `apply` read: files and folders."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.console.errors import CommandError
from services.console.publications import lines_of_change, read_documents


def written(folder: Path, name: str, content: Any) -> Path:
    """Write a file of a folder; return its path."""
    file = folder / name
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_a_folder_is_all_of_its_files_together(tmp_path: Path) -> None:
    written(tmp_path, "a.json", {"offerings": [{"id": "a"}]})
    written(tmp_path, "b.json", {"offerings": [{"id": "b"}], "specifications": [{"id": "s"}]})

    found = read_documents(tmp_path)

    assert [each["id"] for each in found.parts["offerings"]] == ["a", "b"]
    assert found.catalogue["specifications"] == [{"id": "s"}]


def test_blueprints_are_named_by_their_business_action_or_the_action_that_means_it(
    tmp_path: Path,
) -> None:
    blueprints = [
        {"specification": "cable", "business_action": "suspend"},
        {"specification": "cable", "action": "delete"},
    ]
    file = written(tmp_path, "a.json", {"blueprints": blueprints})

    assert read_documents(file).blueprint_names == {"cable/suspend", "cable/disconnect"}


def test_a_planned_blueprint_is_shown_with_its_fragments_and_what_is_not_known(
    tmp_path: Path,
) -> None:
    content = {"fragments": [{"name": "bar"}], "pool_kinds": [{"name": "camera-account"}]}
    documents = read_documents(written(tmp_path, "a.json", content))
    change = {
        "entry": "blueprint/cable/suspend/2",
        "state": "new",
        "differences": [],
        "missing": [],
        "unknown_kinds": ["camera-account", "onu-port"],
        "fragments": ["bar/2"],
    }

    lines = list(lines_of_change(change, documents))

    assert documents.blueprints == {"fragments": [{"name": "bar"}], "blueprints": []}
    assert lines[0] == "blueprint/cable/suspend/2: new (with bar/2)"
    assert len(lines) == 2
    assert "there is no kind onu-port" in lines[1]


@pytest.mark.parametrize(
    "content", [[], {"offers": []}, {"offerings": {}}, {"blueprints": ["cable/new"]}, None]
)
def test_what_is_no_publication_is_named_with_the_remedy(tmp_path: Path, content: Any) -> None:
    file = written(tmp_path, "a.json", content)

    with pytest.raises(CommandError) as caught:
        read_documents(file)

    assert str(file) in str(caught.value)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nothing to publish"):
        read_documents(tmp_path)
