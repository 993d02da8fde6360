"""Read settings from environment variables with pydantic-settings; faults name their remedy.

A setting is a field whose alias is its variable and whose description is its meaning; a secret has
`repr=False`. `{SERVICE}` in a variable stands for the service's name in capitals.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from shared.errors import StartError

logging.getLogger("pydantic_settings").disabled = True
"""With PYDANTIC_SETTINGS_DEBUG it would log all values, secrets too."""


class SettingsError(StartError):
    """The process cannot start with these settings. One line for each fault."""


class EnvironmentSettings(BaseSettings):
    """Settings that `read` takes from an environment, and from nothing else."""

    model_config = SettingsConfigDict(
        frozen=True,
        case_sensitive=True,
        enable_decoding=False,  # lists are words with commas, not JSON
        validate_default=False,
        hide_input_in_errors=True,
    )

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ, **given: str) -> Self:
        """Read the settings; `given` holds those that no variable sets.

        Raises:
            SettingsError: one line for each fault, with its setting and its remedy.
        """
        service = given.get("service", "")
        texts: dict[str, Any] = EnvironmentSource(cls, environment, service)()
        try:
            settings = cls(**given | texts)
        except ValidationError as error:
            faults = [fault_line(cls, service, each) for each in error.errors()]
            raise SettingsError("\n".join(faults)) from None  # the cause holds secrets
        if text := "\n".join(settings.contradictions()):
            raise SettingsError(text)
        return settings

    def contradictions(self) -> Iterator[str]:
        """Yield contradictions between settings that are each valid."""
        yield from ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  pydantic-settings' signature
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take the values that `read` gives, and none from the process or from files."""
        return (init_settings,)


class EnvironmentSource(EnvSettingsSource):
    """Reads the variables of a service; one that is blank counts as not set."""

    def __init__(
        self, kind: type[BaseSettings], environment: Mapping[str, str], service: str
    ) -> None:
        """Take an environment instead of the process's own."""
        super().__init__(kind)
        texts = {
            each: environment.get(variable_name(each, service), "").strip()
            for each in variables_of(kind)
        }
        self.env_vars = {variable: text for variable, text in texts.items() if text}


def variables_of(kind: type[BaseSettings]) -> dict[str, FieldInfo]:
    """Return the settings of a class by variable, in order of declaration."""
    fields = kind.model_fields.values()
    return {str(each.validation_alias): each for each in fields if each.validation_alias}


def variable_name(variable: str, service: str) -> str:
    """Return the name of a variable in the environment of a service."""
    return variable.format(SERVICE=service.upper())


def fault_line(kind: type[BaseSettings], service: str, error: ErrorDetails) -> str:
    """Return the line for a fault: the variable, what is wrong, and what to do."""
    variable = str(error["loc"][0])
    setting, name = variables_of(kind)[variable], variable_name(variable, service)
    if error["type"] == "missing":
        return f"{name} is not set: give {setting.description}"
    shown = f" is {error['input']!r}, which" if setting.repr else ""
    if error["type"] != "value_error":  # a constraint of pydantic's
        return f"{name}{shown} is not valid: {error['msg']}; correct it"
    return f"{name}{shown} {error['ctx']['error']}"  # what the parser raised


EVERY_PROCESS = (
    "Every process reads these from its environment. Settings of one service alone are in",
    "`settings-SERVICE.md` beside this page.",
)


def settings_page(
    *kinds: type[BaseSettings], heading: str = "Settings", readers: Sequence[str] = EVERY_PROCESS
) -> str:
    """Return all settings of these classes as a Markdown page."""
    rows = [each for kind in kinds for each in variables_of(kind).items()]
    return "\n".join(
        [
            f"# {heading}",
            "",
            *readers,
            "",
            "After a fault a process does not start, and prints a line with the setting, the fault",
            "and the remedy. Secrets are never logged.",
            "",
            "| setting | meaning | default |",
            "|---|---|---|",
            *(f"| `{name}` | {row.description} | {default_cell(row)} |" for name, row in rows),
            "",
        ]
    )


def default_cell(setting: FieldInfo) -> str:
    """Return the table cell for a default."""
    if setting.is_required():
        return "must be set"
    return "" if setting.default in {None, "", frozenset()} else f"`{setting.default}`"
