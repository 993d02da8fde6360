"""PostgreSQL's files on this machine: its programs, its data, and the cluster's folder."""

import contextlib
import hashlib
import os
import pwd
import secrets
import shutil
from pathlib import Path

from deploy.local import packages, process
from deploy.local.errors import StartError
from deploy.local.home import folder_for_unprivileged_user, hold_lock, path_digest

SUPERUSER = "postgres"

UNPRIVILEGED = ("postgres", "nobody")
"""Users that run it when root starts it: the first one that the machine has."""

INITDB = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    "--no-instructions",
)


def assign_data_folder(folder: Path) -> Path:
    """Return the data folder: in the folder or, for root, where the cluster's user can enter.

    For root, a link in the folder points to the data; data whose folder was deleted are
    removed.
    """
    if os.getuid() != 0:
        return folder.resolve() / "data"
    data, link = folder_for_unprivileged_user() / f"data-{path_digest(folder)}", folder / "data"
    if not link.is_symlink() or link.readlink() != data:
        remove_data(data)
        remove_orphaned_data()
        cluster_folder_note(data).write_text(str(folder.resolve()))
        link.unlink(missing_ok=True)
        link.symlink_to(data)
    return data


def cluster_folder_note(data: Path) -> Path:
    """Return the file that contains the path of the cluster's folder, beside root's data.

    When that folder is gone, the data are deleted.
    """
    return data.with_suffix(".of")


def remove_orphaned_data() -> None:
    """Delete root's data whose folders were deleted."""
    for note in folder_for_unprivileged_user().glob("data-*.of"):
        with contextlib.suppress(FileNotFoundError):  # another process was faster
            if not Path(note.read_text()).exists():
                remove_data(note.with_suffix(""))


def remove_data(data: Path) -> None:
    """Kill the processes that use a cluster's data, and delete the data."""
    process.kill_all(process.processes_with_cwd(data))
    shutil.rmtree(data, ignore_errors=True)
    cluster_folder_note(data).unlink(missing_ok=True)


def remove_cluster(folder: Path) -> None:
    """Delete a cluster with its password and log; with the last one also root's programs."""
    if not folder.exists():
        return
    remove_data(assign_data_folder(folder))
    shutil.rmtree(folder, ignore_errors=True)
    if os.getuid() == 0:
        with hold_lock("postgres"):
            if not any(folder_for_unprivileged_user().glob("data-*")):
                shutil.rmtree(folder_for_unprivileged_user())


def cluster_user() -> pwd.struct_passwd | None:
    """Return the user that runs the cluster for root; None if the caller is not root.

    Raises:
        StartError: PostgreSQL would refuse every available user.
    """
    users = {user.pw_name: user for user in pwd.getpwall()}
    if os.getuid() == 0:
        for name in UNPRIVILEGED:
            if name in users:
                return users[name]
        message = "PostgreSQL refuses root, and there is no user nobody: start as another user"
        raise StartError(message)
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        message = f"PostgreSQL: user id {os.getuid()} has no name; add it to /etc/passwd"
        raise StartError(message) from None
    return None


def program_folder() -> Path:
    """Return PostgreSQL's `bin` folder; for root, of a copy that the cluster's user can read."""
    package = packages.POSTGRES
    within = packages.postgres_programs()[0].relative_to(package.folder)
    if os.getuid() != 0:
        return package.folder / within
    copy = (
        folder_for_unprivileged_user()
        / f"postgresql-{hashlib.sha256(package.fingerprint).hexdigest()[:12]}"
    )
    with hold_lock("postgres"):
        if not copy.exists():
            copy_programs(copy)
    return copy / within


def copy_programs(copy: Path) -> None:
    """Copy PostgreSQL's programs to a folder that all users can read."""
    half = copy.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    for part in packages.postgres_programs():
        target = half / part.relative_to(packages.POSTGRES.folder)
        shutil.copytree(part, target, symlinks=True)
    for path in [half, *half.rglob("*")]:
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    for program in (
        half / packages.postgres_programs()[0].relative_to(packages.POSTGRES.folder)
    ).iterdir():
        program.chmod(0o755)
    half.rename(copy)


def create_cluster(folder: Path, data: Path) -> None:
    """Make a new cluster; leftovers of an interrupted attempt are deleted."""
    half = data.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    password = secrets.token_urlsafe(24)
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    password_file = half.with_name(f"{half.name}.password")
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    user = cluster_user()
    if user:
        os.chown(half, user.pw_uid, user.pw_gid)
        os.chown(password_file, user.pw_uid, user.pw_gid)
    initdb = str(program_folder() / "initdb")
    command = [initdb, *INITDB, f"--pwfile={password_file}", f"--pgdata={half}"]
    reason = process.run_and_return_failure(command, environment(), folder=half, user=user)
    password_file.unlink()
    if reason:
        message = f"PostgreSQL: cannot create a cluster in {data}: {reason}"
        raise StartError(message)
    half.rename(data)


def environment() -> dict[str, str]:
    """Return the environment for PostgreSQL's programs."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
