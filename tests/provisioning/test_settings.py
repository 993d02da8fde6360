"""Settings of provisioning's adapters: faults, secrets, and their page."""

import errno
import os
import re
import ssl
import subprocess
import sys
from pathlib import Path
from traceback import format_exception

import pytest

from deploy.local.ports import free_port
from services.provisioning.settings import HEADING, READERS, SETTINGS, HttpElementSettings
from shared.config.environment import SettingsError, settings_page, variables_of
from shared.config.settings import Settings
from shared.exit import EX_CONFIG
from tests.provisioning.adapters.certificates import write_certificate

PAGE = Path(__file__).parents[2] / "docs" / "settings-provisioning.md"
VARIABLES = {name: row for kind in SETTINGS for name, row in variables_of(kind).items()}


def fault_of(**environment: str) -> str:
    with pytest.raises(SettingsError) as caught:
        HttpElementSettings.read(environment)
    assert "hunter2" not in "".join(format_exception(caught.value))
    return str(caught.value)


def test_nothing_has_to_be_set() -> None:
    settings = HttpElementSettings.read({})

    assert (settings.url, settings.ca, settings.token) == ("", None, "")


def test_an_address_ends_without_a_slash() -> None:
    given = {"KAITONG_ELEMENTS_URL": "https://elements/api/"}

    assert HttpElementSettings.read(given).url == "https://elements/api"


@pytest.mark.parametrize("text", ["ftp://aaa:hunter2@elements", "elements:80/hunter2"])
def test_a_wrong_address_is_named_without_its_text_which_may_hold_a_password(text: str) -> None:
    assert fault_of(KAITONG_ELEMENTS_URL=text) == (
        "KAITONG_ELEMENTS_URL is not an http:// or https:// URL: correct it"
    )


def test_a_token_that_no_header_can_hold_is_refused() -> None:
    fault = fault_of(KAITONG_ELEMENTS_TOKEN="hunter2\r\nX: y")  # noqa: S106  no real one

    characters = "printable ASCII characters without spaces"
    assert fault == f"KAITONG_ELEMENTS_TOKEN is not made of {characters}: correct it"


def test_there_is_one_way_to_authenticate() -> None:
    url, token = "https://aaa:hunter2@elements", "hunter2"

    assert fault_of(KAITONG_ELEMENTS_URL=url, KAITONG_ELEMENTS_TOKEN=token).endswith(
        "give one of them"
    )


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")

    fault = fault_of(KAITONG_ELEMENTS_CA=str(tmp_path / "empty.pem"))

    assert fault.endswith("has no CA certificate: give a file of certificates in PEM")
    file = write_certificate(tmp_path / "ca.pem")
    given = {"KAITONG_ELEMENTS_CA": str(file)}
    assert HttpElementSettings.read(given).ca == file


def test_certificates_that_cannot_be_read_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*, cafile: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), cafile)

    file = write_certificate(tmp_path / "ca.pem")
    monkeypatch.setattr(ssl, "create_default_context", refuse)

    fault = fault_of(KAITONG_ELEMENTS_CA=str(file))

    cause = "cannot be read (Permission denied)"
    assert fault.endswith(f"which {cause}: give a file that this process may read")


def test_every_secret_is_left_out_of_what_is_shown() -> None:
    shown = {name for name, setting in VARIABLES.items() if setting.repr}
    given = {"KAITONG_ELEMENTS_URL": "http://hunter2"}, {"KAITONG_ELEMENTS_TOKEN": "hunter2"}

    assert shown.isdisjoint({"KAITONG_ELEMENTS_URL", "KAITONG_ELEMENTS_TOKEN"})
    assert not [name for name in shown if re.search("PASSWORD|SECRET|TOKEN|_KEY$", name)]
    assert "hunter2" not in repr([HttpElementSettings.read(each) for each in given])


def test_no_variable_is_one_of_every_process() -> None:
    assert set(VARIABLES).isdisjoint(variables_of(Settings))


def test_the_page_of_settings_is_as_the_code_has_it() -> None:
    assert PAGE.read_text() == settings_page(*SETTINGS, heading=HEADING, readers=READERS), (
        "python -m services.provisioning.settings > docs/settings-provisioning.md"
    )


@pytest.mark.parametrize("part", ["api", "worker"])
def test_a_process_does_not_start_with_a_wrong_setting_of_an_adapter(part: str) -> None:
    """It says so at once, without waiting for its database."""
    environment = {
        "KAITONG_DATABASE_PROVISIONING": f"postgresql://u:p@127.0.0.1:{free_port()}/none",
        "KAITONG_ELEMENTS_URL": "ftp://elements",
    }

    ended = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "services.provisioning", part],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    fault = "KAITONG_ELEMENTS_URL is not an http:// or https:// URL: correct it"
    assert (ended.returncode, ended.stderr) == (EX_CONFIG, f"provisioning: {fault}\n")
