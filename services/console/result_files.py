"""Files that the results of commands are written to."""

from pathlib import Path

import typer


def writable_file(file: Path | None) -> Path | None:
    """Return a file that is written when a command ends, its folder made: seen to before it begins.

    Raises:
        BadParameter: it cannot be written there.
    """
    if file is None:
        return None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        is_new = not file.exists()
        file.open("ab").close()
        if is_new:
            file.unlink()
    except OSError as error:
        msg = f"{file} cannot be written ({error.strerror}) — name a file in a folder of yours"
        raise typer.BadParameter(msg) from error
    return file
