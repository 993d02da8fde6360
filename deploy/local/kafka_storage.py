"""The data folder of a new Kafka node."""

import base64
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from deploy.local import packages, process
from deploy.local.errors import StartError
from deploy.local.java import class_archive, environment, java

NODE = 1
"""The id of the one node."""

META_PROPERTIES = "meta.properties"
"""Says whose a folder is; written last."""

BOOTSTRAP_CHECKPOINT = "bootstrap.checkpoint"
"""Says which features the node begins with: the same for all nodes of one Kafka."""


def is_formatted(data: Path) -> bool:
    """Tell whether a node can start on this folder."""
    return (data / META_PROPERTIES).exists()


def format_storage(data: Path, configuration: Path) -> None:
    """Make a data folder; what an interrupted attempt left is written over.

    Kafka's own tool takes a second. It makes the first folder; the next ones are copies of it
    with names of their own.

    Args:
        data: the folder.
        configuration: the node's settings, which name the folder.

    Raises:
        StartError: It cannot be made; the text says why.
    """
    features = packages.kafka_features()
    if features.exists() and features.stat().st_size:  # a power cut may have left it empty
        try:
            format_as_copy(data, features)
        except OSError as error:
            message = f"Kafka: cannot format {data}: {error}"
            raise StartError(message) from error
    else:
        format_by_tool(data, configuration)


def format_as_copy(data: Path, features: Path) -> None:
    """Make a data folder as the first one was made."""
    data.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(features, data / BOOTSTRAP_CHECKPOINT)
    whose = {
        "version": 1,
        "cluster.id": new_kafka_id(),
        "directory.id": new_kafka_id(),
        "node.id": NODE,
    }
    half = data / f"{META_PROPERTIES}.half"
    half.write_text(format_properties(whose))
    half.rename(data / META_PROPERTIES)


def format_by_tool(data: Path, configuration: Path) -> None:
    """Have Kafka make a data folder."""
    tool = ["kafka.tools.StorageTool", "format", "--ignore-formatted"]
    command = java(*class_archive(), *tool, "-t", new_kafka_id(), "-c", str(configuration))
    reason = process.run_to_end(command, environment())
    if reason:
        message = f"Kafka: cannot format {data}: {reason}"
        raise StartError(message)


def keep_features(data: Path) -> None:
    """Keep the list of features in a data folder that Kafka has made."""
    kept = packages.kafka_features()
    half = kept.with_suffix(".half")
    shutil.copyfile(data / BOOTSTRAP_CHECKPOINT, half)
    half.rename(kept)


def new_kafka_id() -> str:
    """Return what to call a cluster or a folder: 16 bytes that nothing else is called by."""
    found = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    return f"K{found[1:]}" if found.startswith("-") else found  # else it looks like an option


def format_properties(values: Mapping[str, object]) -> str:
    """Return values as Java reads them from a file."""
    return "".join(f"{key}={value}\n" for key, value in values.items())
