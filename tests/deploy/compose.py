"""docker-compose.yml, read as Compose reads it: anchors, merges and variables resolved."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

import yaml

from deploy.local.home import CHECKOUT

Document: TypeAlias = dict[str, Any]

VARIABLE = re.compile(r"\$\{(\w+)(?::(?P<kind>[-+?])(?P<other>(?:[^{}]|\$\{[^{}]*\})*))?\}")


EXAMPLE = (CHECKOUT / ".env.example").read_text()
SCRIPTS = CHECKOUT / "deploy" / "compose"
FILLED = {
    name: f"0123456789abcdef{n}"
    for n, name in enumerate(
        re.findall(r"^(KAITONG_\w*(?:PASSWORD|KEY)\w*)=$", EXAMPLE, re.MULTILINE)
    )
    if name != "KAITONG_AUTH_KEYS"
}
"""All secrets, with example values."""

NAMED = {"KAITONG_INSTALLATION": "nanjing-1"}
FILLED_IN = FILLED | NAMED
"""All variables that have to be set, with example values."""


def services(variables: Mapping[str, str] | None = None) -> dict[str, Document]:
    """Return the containers by name."""
    return compose_file(variables)["services"]  # type: ignore[no-any-return]  # as the file has it


def compose_file(variables: Mapping[str, str] | None = None) -> Document:
    """Return the whole file, with these variables set."""
    text = (CHECKOUT / "docker-compose.yml").read_text()
    found: Document = resolved(yaml.safe_load(text), variables or {})
    return found


def variables_in(text: str) -> set[str]:
    """Return the names of the variables that a text asks for."""
    return set(re.findall(r"\$\{(\w+)", text))


def resolved(value: Any, variables: Mapping[str, str]) -> Any:
    """Return a value with the variables in its texts filled in."""
    if isinstance(value, dict):
        return {key: resolved(each, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [resolved(each, variables) for each in value]
    return filled(value, variables) if isinstance(value, str) else value


def filled(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with its variables filled in."""

    def fill(found: re.Match[str]) -> str:
        value, other = variables.get(found[1], ""), filled(found["other"] or "", variables)
        assert found["kind"] in {"-", "+"}, f"{found[0]} has no default: config would fail"
        return other if bool(value) == (found["kind"] == "+") else value

    return VARIABLE.sub(fill, text)


@cache
def compose_command() -> tuple[str, ...]:
    """Return the command of Compose on this machine; empty if it is not installed."""
    if named := os.environ.get("KAITONG_COMPOSE"):
        return (named,)
    docker, standalone = shutil.which("docker"), shutil.which("docker-compose")
    if docker:
        version = subprocess.run([docker, "compose", "version"], capture_output=True, check=False)
        if version.returncode == 0:
            return (docker, "compose")
    return (standalone,) if standalone else ()
