"""docker-compose.yml, the image and the scripts that it runs."""

import os
import re
import subprocess
from collections.abc import Mapping

import pytest

from deploy.local.databases import database_name
from deploy.local.home import CHECKOUT
from services.elements.settings import Settings as ElementsSettings
from services.provisioning.settings import SETTINGS as PROVISIONING_SETTINGS
from shared.config.environment import variables_of
from shared.config.settings import Settings
from tests.conftest import SERVICES
from tests.deploy.compose import (
    EXAMPLE,
    FILLED,
    Document,
    compose_command,
    compose_file,
    services,
    variables_in,
)

COMPOSE = (CHECKOUT / "docker-compose.yml").read_text()
DOCKERFILE = (CHECKOUT / "deploy" / "Dockerfile").read_text()

ENGINES = ("kafka", "postgres")
ONCE = ("secrets", "migrate", "topics")
PROCESSES = tuple(f"{service}-{part}" for service in SERVICES for part in ("api", "worker"))


def settings_for(process: str, variables: Mapping[str, str]) -> Settings:
    """Return the settings that a container's process reads."""
    return Settings.from_environment(
        process.partition("-")[0], services(variables)[process]["environment"]
    )


@pytest.mark.parametrize("variables", [{}, FILLED], ids=["nothing set", "all secrets set"])
def test_compose_itself_takes_the_file(variables: dict[str, str]) -> None:
    if not compose_command():
        pytest.skip("Compose is not here: install its plugin, or name it in KAITONG_COMPOSE")
    own = {name: value for name, value in os.environ.items() if not name.startswith("KAITONG_")}
    words = ["--file", "docker-compose.yml", "--env-file", os.devnull, "config", "--quiet"]

    answer = subprocess.run(
        [*compose_command(), *words],
        cwd=CHECKOUT,
        env=own | variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 0, answer.stderr


def test_there_are_both_engines_the_simulator_and_two_processes_for_each_service() -> None:
    assert set(services()) == {*ENGINES, *ONCE, "elements", *PROCESSES}


@pytest.mark.parametrize("process", PROCESSES)
def test_each_process_runs_its_part_of_its_service(process: str) -> None:
    service, _, part = process.partition("-")

    assert services()[process]["command"] == [f"services.{service}", part]
    assert (CHECKOUT / "services" / service).is_dir()


@pytest.mark.parametrize("process", [*PROCESSES, "migrate", "topics"])
def test_only_settings_that_there_are_are_set(process: str) -> None:
    own = {name for kind in PROVISIONING_SETTINGS for name in variables_of(kind)}
    names = set(variables_of(Settings)) | own
    known = names | {f"KAITONG_DATABASE_{service.upper()}" for service in SERVICES}

    assert set(services()[process]["environment"]) <= known


@pytest.mark.parametrize("part", ["api", "worker"])
def test_every_setting_of_an_adapter_can_be_set(part: str) -> None:
    own = {name for kind in PROVISIONING_SETTINGS for name in variables_of(kind)}

    assert own - set(services()[f"provisioning-{part}"]["environment"]) == set()


def test_the_simulator_is_given_the_settings_that_it_reads() -> None:
    environment = services()["elements"]["environment"]

    assert set(environment) == {"KAITONG_HTTP_HOST", "KAITONG_HTTP_PORT", "KAITONG_STATE"}
    assert ElementsSettings.from_environment(environment).state is not None


@pytest.mark.parametrize("process", PROCESSES)
def test_filled_in_secrets_are_all_that_a_process_needs(process: str) -> None:
    settings = settings_for(process, FILLED)

    assert settings.kafka == "kafka:19092"
    assert settings.accepted_risks == {"plaintext-kafka"}
    assert (settings.http_host == "0.0.0.0") == process.endswith("-api")  # noqa: S104


def test_accepted_risks_are_added_to_the_one_that_the_file_accepts() -> None:
    settings = settings_for("order-api", FILLED | {"KAITONG_INSECURE": "development-keys"})

    assert settings.accepted_risks == {"plaintext-kafka", "development-keys"}


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_knows_its_own_database_and_no_other(process: str) -> None:
    service = process.partition("-")[0]
    environment = services(FILLED)[process]["environment"]
    databases = {name: url for name, url in environment.items() if "DATABASE" in name}

    password = FILLED[f"KAITONG_PASSWORD_{service.upper()}"]
    name = database_name(service)
    assert databases == {
        f"KAITONG_DATABASE_{service.upper()}": f"postgresql://{name}:{password}@postgres:5432/{name}"
    }


def test_the_topic_tool_knows_no_database() -> None:
    assert [name for name in services(FILLED)["topics"]["environment"] if "DATABASE" in name] == []


def test_tables_and_topics_are_there_before_a_process_starts() -> None:
    all_of_them = services()

    assert all_of_them["migrate"]["command"] == ["shared.persistence.migrate", *SERVICES]
    assert all_of_them["topics"]["command"] == ["shared.kafka.admin"]
    done = {"condition": "service_completed_successfully"}
    for process in PROCESSES:
        assert all_of_them[process]["depends_on"] == {"migrate": done, "topics": done}
    healthy = {"condition": "service_healthy"}
    assert all_of_them["migrate"]["depends_on"] == {"postgres": healthy}
    assert all_of_them["topics"]["depends_on"] == {"kafka": healthy}


@pytest.mark.parametrize("name", [*ENGINES, "elements"])
def test_nothing_starts_before_the_secrets_were_checked(name: str) -> None:
    checked = {"secrets": {"condition": "service_completed_successfully"}}

    assert services()[name]["depends_on"] == checked


@pytest.mark.parametrize("name", [*ENGINES, "elements", *PROCESSES])
def test_a_permanent_container_is_restarted_and_has_a_health_check(name: str) -> None:
    container = services()[name]

    assert container["restart"] == "unless-stopped"
    assert {"test", "interval", "timeout", "retries", "start_period"} <= set(
        container["healthcheck"]
    )


def health_check_of(name: str) -> str:
    """Return the command of a container's health check."""
    return " ".join(services()[name]["healthcheck"]["test"])


def test_every_health_check_asks_for_something_that_only_a_healthy_process_answers() -> None:
    assert "kafka-topics.sh --bootstrap-server kafka:19092 --list" in health_check_of("kafka")
    assert "pg_isready" in health_check_of("postgres")
    assert "--host=127.0.0.1" in health_check_of("postgres")
    for process in ("elements", *PROCESSES):
        port = services()[process]["environment"]["KAITONG_HTTP_PORT"]
        assert f"http://127.0.0.1:{port}/health/ready" in health_check_of(process)


def test_the_python_of_the_health_check_fails_without_an_answer() -> None:
    kind, python, *words = services()["order-api"]["healthcheck"]["test"]
    closed_port = [word.replace(":8000/", ":1/") for word in words]

    assert (kind, python) == ("CMD", "python")
    compile(words[-1], "healthcheck", "exec")
    done = subprocess.run(
        ["/usr/bin/env", "python3", *closed_port], capture_output=True, check=False
    )
    assert done.returncode == 1
    assert b"URLError" in done.stderr


def published(container: Document) -> list[str]:
    return [str(each) for each in container.get("ports", [])]


def test_only_loopback_reaches_what_is_published() -> None:
    ports = [port for container in services().values() for port in published(container)]

    assert len(ports) == len(SERVICES) + len(ENGINES)
    assert len({port.split(":")[1] for port in ports}) == len(ports)
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_variable_has_a_default_or_is_explained() -> None:
    explained = set(re.findall(r"^#?\s*(KAITONG_\w+)=", EXAMPLE, re.MULTILINE))
    without_default = {name for name in variables_in(COMPOSE) if f"${{{name}:-}}" in COMPOSE}

    assert compose_file()["name"] == "kaitong"
    assert without_default <= explained
    assert explained <= variables_in(COMPOSE)


def test_the_file_holds_no_secret_itself() -> None:
    for container in services().values():
        for name, value in container.get("environment", {}).items():
            if re.search("PASSWORD|_KEY$", name):
                assert value == "", name
            assert not re.search(r"://\w+:\w+@", str(value)), name


def test_volumes_are_declared_and_mounted_scripts_are_there() -> None:
    mounts = [
        mount.split(":")[0]
        for container in services().values()
        for mount in container.get("volumes", [])
        if isinstance(mount, str)
    ]
    named = {mount for mount in mounts if not mount.startswith(".")}

    assert named == set(compose_file()["volumes"]) == {"kafka", "postgres", "elements"}
    assert all((CHECKOUT / mount).is_file() for mount in mounts if mount.startswith("."))


def test_it_also_builds_and_runs_with_stand_in_images_and_rootless_engines() -> None:
    assert "ulimits" not in COMPOSE
    assert "privileged" not in COMPOSE.replace("no-new-privileges", "")
    assert not DOCKERFILE.startswith("# syntax")
    froms = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert froms
    assert set(froms) == {"${PYTHON_IMAGE}"}
    assert re.search(r"^ARG PYTHON_IMAGE=\S+$", DOCKERFILE, re.MULTILINE)
    assert not re.search(r"@sha256|--mount", DOCKERFILE + COMPOSE)


def test_the_image_gets_what_it_copies_and_runs_without_privileges() -> None:
    sent = (CHECKOUT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE)

    assert copied
    assert all(f"!{path}" in sent and (CHECKOUT / path).exists() for path in copied)
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes" in DOCKERFILE
