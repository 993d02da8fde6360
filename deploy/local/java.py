"""Command lines for Kafka's programs, with the packaged Java."""

from deploy.local import packages

JAVA_OPTIONS = (
    "-Xms64m",
    "-Xmx128m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)


def kafka_java_command(*words: str) -> list[str]:
    """Return the command line that runs one of Kafka's main classes."""
    program = str(packages.java_folder() / "bin" / "java")
    classes = ":".join(map(str, packages.kafka_jars()))
    return [program, *JAVA_OPTIONS, "-cp", classes, *words]


def class_archive_options() -> tuple[str, ...]:
    """Return the option with Kafka's preloaded and linked classes: it halves the start time."""
    archive = packages.class_archive()
    return (f"-XX:AOTCache={archive}",) if archive.exists() and archive.stat().st_size else ()


def environment() -> dict[str, str]:
    """Return the environment for Java."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
