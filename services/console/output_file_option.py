"""The option that names an output file: its folder is made, and writing is tried."""

from pathlib import Path

import typer


def prepare_output_file(file: Path | None) -> Path | None:
    """Create the file's folder and check, before the command runs, that the file can be written.

    Raises:
        BadParameter: it cannot be written.
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
