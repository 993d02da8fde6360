"""Install wheels from the locks with uv. Needs only the standard library."""

import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

from deploy.local.errors import StartError, last_output_line
from deploy.local.home import CHECKOUT, hold_lock, home
from deploy.local.progress import ReportLine

PYTHON = str(getattr(sys, "_base_executable", sys.executable))
"""The machine's Python, also if a virtual environment is active."""

UV_LOCK = CHECKOUT / "requirements-uv.txt"

SYSTEM_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def make_environment(folder: Path, report: ReportLine) -> None:
    """Make an empty virtual environment with this Python; it works without the venv module."""
    run_uv(report, "venv", "--python", PYTHON, str(folder))


def install(lock: Path, *target: str, report: ReportLine) -> None:
    """Install all packages of a lock, checked against its hashes.

    Packages downloaded before an interruption are not downloaded again.

    Args:
        lock: A requirements file with hashes.
        target: uv's options for the target, such as `--target FOLDER`.
        report: Receives uv's output lines.

    Raises:
        StartError: The installation failed; the text has the remedy.
    """
    strict = ("--require-hashes", "--no-deps", "--only-binary", ":all:")
    cache = home() / "cache" / lock.stem
    run_uv(report, "--cache-dir", str(cache), "pip", "install", *strict, *target, "-r", str(lock))
    shutil.rmtree(cache, ignore_errors=True)


def run_uv(report: ReportLine, *words: str) -> None:
    """Run uv.

    Raises:
        StartError: It failed.
    """
    run(
        [str(uv(report)), "--no-progress", *words],
        network_environment() | package_index_environment(),
        report,
    )


def uv(report: ReportLine) -> Path:
    """Return the machine's uv, or a private one that pip fetches the first time."""
    found = shutil.which("uv")
    if found:
        return Path(found)
    folder = home() / "uv"
    with hold_lock("uv"):  # engines are fetched concurrently
        if not folder.exists():
            fetch_uv(folder, report)
    return folder / "bin" / "uv"


def fetch_uv(folder: Path, report: ReportLine) -> None:
    """Install uv with pip into a folder of its own."""
    report("fetching uv")
    half = folder.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    strict = ("--require-hashes", "--only-binary=:all:", "--no-deps", "--no-input")
    target = ("--target", str(half), "--requirement", str(UV_LOCK))
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir"]
    run([*pip, "install", *strict, *target], network_environment(), report)
    half.rename(folder)


def run(command: list[str], environment: dict[str, str], report: ReportLine) -> None:
    """Run a program that fetches packages, and report each line of its output.

    Raises:
        StartError: It failed.
    """
    lines = []
    with subprocess.Popen(
        command,
        env=environment,
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            report(line.strip())
    if process.returncode:
        log = home() / "logs" / "install.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(lines))
        raise StartError(explain_failure("".join(lines), log))


def explain_failure(output: str, log: Path) -> str:
    """Return one line with the reason why packages could not be fetched, and the remedy."""
    if "No module named pip" in output:
        return "this Python has neither pip nor uv: install one of them"
    if any(sign in output for sign in ("No space left", "os error 28")):
        return f"no space left for packages in {home()}: free some, or set KAITONG_HOME"
    if any(sign in output for sign in NETWORK_ERRORS):
        return f"packages cannot be fetched: connect to the network and start again (see {log})"
    return f"packages cannot be installed: {last_output_line(output)} (see {log})"


NETWORK_ERRORS = (
    "dns error",
    "error sending request",
    "Failed to fetch",
    "Request failed after",
    "tcp connect error",
    "Temporary failure in name resolution",
    "Network is unreachable",
    "Failed to establish a new connection",
    "Could not find a version",
    "operation timed out",
)
"""Parts of uv's and pip's messages about network errors."""


def network_environment() -> dict[str, str]:
    """Return the environment for programs that fetch packages.

    They keep their caches in Kaitong's home and use the machine's trusted certificates (a
    company's own, for example), unless the environment sets other ones.
    """
    caches = str(home() / "cache")
    bare = {"HOME": caches, "PATH": os.defpath}
    trusted = certificates()
    trust = {"UV_SYSTEM_CERTS": "1", "PIP_CERT": trusted, "REQUESTS_CA_BUNDLE": trusted}
    return (
        bare
        | {name: value for name, value in trust.items() if trusted and value}
        | dict(os.environ)
        | {
            "UV_CACHE_DIR": f"{caches}/uv",
            "UV_PYTHON_DOWNLOADS": "never",
            "XDG_CACHE_HOME": caches,
            "PYTHONNOUSERSITE": "1",
        }
    )


def certificates() -> str | None:
    """Return the path of the machine's file of trusted certificates, if it has one."""
    paths = (ssl.get_default_verify_paths().cafile, *SYSTEM_CERTIFICATES)
    return next((path for path in paths if path and Path(path).exists()), None)


def package_index_environment() -> dict[str, str]:
    """Return the setting of the package index that pip uses: uv does not read pip's settings."""
    if os.environ.keys() & {"UV_DEFAULT_INDEX", "UV_INDEX_URL"}:
        return {}
    configured = subprocess.run(
        [PYTHON, "-m", "pip", "config", "get", "global.index-url"],
        env=network_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    mirror = os.environ.get("PIP_INDEX_URL") or configured.stdout.strip()
    return {"UV_DEFAULT_INDEX": mirror} if mirror else {}
