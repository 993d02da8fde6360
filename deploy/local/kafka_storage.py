"""The data folder of a new Kafka node."""

import base64
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from deploy.local import packages, process
from deploy.local.errors import StartError
from deploy.local.java import class_archive_options, environment, kafka_java_command

NODE = 1
"""The id of the one node."""

META_PROPERTIES = "meta.properties"
"""File with the ids of cluster and folder; written last."""

BOOTSTRAP_CHECKPOINT = "bootstrap.checkpoint"
"""File with the initial features of a node: the same for all nodes of one Kafka version."""


def is_formatted(data: Path) -> bool:
    """Tell whether a node can start on this folder."""
    return (data / META_PROPERTIES).exists()


def format_storage(data: Path, configuration: Path) -> None:
    """Make a data folder; leftovers of an interrupted attempt are overwritten.

    Kafka's own tool takes a second. It makes the first folder; later ones are copies of it
    with ids of their own.

    Args:
        data: The folder.
        configuration: The node's settings, which name the folder.

    Raises:
        StartError: It cannot be made; the text has the reason.
    """
    features = packages.kafka_features_path()
    if features.exists() and features.stat().st_size:  # a power cut may have left it empty
        try:
            format_as_copy(data, features)
        except OSError as error:
            message = f"Kafka: cannot format {data}: {error}"
            raise StartError(message) from error
    else:
        format_by_tool(data, configuration)


def format_as_copy(data: Path, features: Path) -> None:
    """Make a data folder as a copy of the first one, with new ids."""
    data.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(features, data / BOOTSTRAP_CHECKPOINT)
    properties = {
        "version": 1,
        "cluster.id": new_kafka_id(),
        "directory.id": new_kafka_id(),
        "node.id": NODE,
    }
    half = data / f"{META_PROPERTIES}.half"
    half.write_text(format_properties(properties))
    half.rename(data / META_PROPERTIES)


def format_by_tool(data: Path, configuration: Path) -> None:
    """Make a data folder with Kafka's own tool."""
    tool = ["kafka.tools.StorageTool", "format", "--ignore-formatted"]
    command = kafka_java_command(
        *class_archive_options(), *tool, "-t", new_kafka_id(), "-c", str(configuration)
    )
    reason = process.run_and_return_failure(command, environment())
    if reason:
        message = f"Kafka: cannot format {data}: {reason}"
        raise StartError(message)


def keep_features(data: Path) -> None:
    """Copy the list of features from a data folder that Kafka's tool has made."""
    kept = packages.kafka_features_path()
    half = kept.with_suffix(".half")
    shutil.copyfile(data / BOOTSTRAP_CHECKPOINT, half)
    half.rename(kept)


def new_kafka_id() -> str:
    """Return a random id for a cluster or a folder: 16 bytes in base64."""
    id_ = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    return f"K{id_[1:]}" if id_.startswith("-") else id_  # a leading dash would be an option


def format_properties(values: Mapping[str, object]) -> str:
    """Return values as the text of a Java properties file."""
    return "".join(f"{key}={value}\n" for key, value in values.items())
