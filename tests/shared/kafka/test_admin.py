"""The tool that makes the topics needs the settings of Kafka, and no others."""

import os
import subprocess
import sys
from pathlib import Path

from deploy.local.kafka import Kafka
from shared.exit import EX_CONFIG
from shared.kafka.admin import topics


def tool(**settings: str) -> "subprocess.CompletedProcess[str]":
    """Run the tool with these settings only."""
    return subprocess.run(
        [sys.executable, "-m", "shared.kafka.admin"],
        check=False,
        timeout=60,
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
    )


def test_the_tool_makes_the_topics_with_the_settings_of_kafka_alone(
    kafka: Kafka, tmp_path: Path
) -> None:
    prefix = f"t{os.getpid()}.{tmp_path.name}."

    done = tool(KAITONG_KAFKA=kafka.bootstrap_address, KAITONG_TOPIC_PREFIX=prefix)

    made = ", ".join(prefix + topic for topic in topics())
    assert (done.returncode, done.stdout) == (0, f"topics made: {made}\n")


def test_a_fault_in_what_it_needs_stops_it_with_a_line() -> None:
    done = tool(KAITONG_KAFKA_SECURITY="sasl_ssl", KAITONG_HTTP_PORT="eighty")

    assert done.returncode == EX_CONFIG
    assert done.stderr == (
        "topics: KAITONG_KAFKA_USER is not set, and KAITONG_KAFKA_SECURITY is sasl_ssl: "
        "give the user, and KAITONG_KAFKA_PASSWORD\n"
    )
