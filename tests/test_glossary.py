"""docs/glossary.md has every name of the domain, and only names that are in the code."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

IN_BACKTICKS = re.compile(r"`([^`]+)`")
CLASS_NAME = re.compile(r"[A-Z][a-z]\w*")
WORD = re.compile(r"[\w-]+")
CODE_COLUMN = 3
PACKAGES = ("services", "shared")

EXEMPT = {
    # Errors: their codes are documented with the API.
    "BreakingChangeError",
    "ExternalIdTakenError",
    "IdempotencyKeyReusedError",
    "NotFreeError",
    "QuoteUsedError",
    "SelectedByAnotherError",
    # Bases of stored, imported and versioned values.
    "HasAction",
    "ImportedRow",
    "Rules",
    "StoredStruct",
    "UnreadDocument",
    "Versioned",
    # Arguments of a decision: data that it needs beside the thing itself.
    "ItemCheckContext",
    "LocatedValue",
    "OrderAddress",
    "ParsedRows",
    "IndexedRow",
    "AcceptanceContext",
    "ChangeContext",
    "AvailableKinds",
    "Capabilities",
    "ExistingService",
    "PlacedNeed",
    "PlacedPart",
    "RealNameContext",
    "SpecifiedItem",
    # Results of a decision: new states, changes for the history, messages.
    "FulfilmentUpdate",
    "WorkingPlan",
    "PlanUpdate",
    "PlanStateChange",
    "ProgressUpdate",
    "RangeStateChange",
    "ResourceName",
    "ResourceStatus",
    "QueueingResult",
    "TakenOverOrder",
}
"""Technical helpers: they name nothing of the domain."""


def domain_modules() -> list[Path]:
    """Return the modules that name things of the domain."""
    domains = Path("services").glob("*/domain/**/*.py")
    return [*domains, Path("services/elements/domain.py"), *Path("shared/contracts").glob("*.py")]


def classes_in(paths: Iterable[Path]) -> Iterator[ast.ClassDef]:
    """Yield the public classes at the top of modules."""
    for path in paths:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node


def values_of(enum: ast.ClassDef) -> Iterator[str]:
    """Yield the values of an enum whose members are texts; none of another class."""
    if any(ast.unparse(base) in {"StrEnum", "Enum"} for base in enum.bases):
        for node in enum.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                yield str(node.value.value)


def aliases_in(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the names of the type aliases at the top of modules."""
    for path in paths:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
                yield ast.unparse(node.target)


def rows() -> list[str]:
    """Return the rows of the glossary."""
    lines = Path("docs/glossary.md").read_text().splitlines()
    return [line for line in lines if line.startswith("| ")]


def glossary() -> list[str]:
    """Return the names in the glossary's column of the code, row by row."""
    cells = [row.split("|")[CODE_COLUMN] for row in rows()]
    return [name for cell in cells for name in IN_BACKTICKS.findall(cell)]


def files(pattern: str) -> list[Path]:
    """Return the files of services and kernel that match a pattern."""
    return [path for package in PACKAGES for path in Path(package).rglob(pattern)]


def test_every_class_of_the_domain_is_in_the_glossary() -> None:
    names = {each.name for each in classes_in(domain_modules())}

    assert names - set(glossary()) - EXEMPT == set()


def test_every_value_of_an_enum_of_the_domain_is_in_the_glossary() -> None:
    values = {value for each in classes_in(domain_modules()) for value in values_of(each)}

    assert values - set(glossary()) == set()


def test_every_name_in_the_glossary_is_in_the_code() -> None:
    names, modules = glossary(), files("*.py")
    words = {w for path in (*modules, *files("*.json")) for w in WORD.findall(path.read_text())}
    classes = list(classes_in(modules))
    values = {value for each in classes for value in values_of(each)}
    defined = {each.name for each in classes} | set(aliases_in(modules)) | values

    assert names
    assert [name for name in names if CLASS_NAME.fullmatch(name) and name not in defined] == []
    assert [name for name in names if name not in words] == []


def test_the_exempt_classes_exist_and_are_not_in_the_glossary() -> None:
    names = {each.name for each in classes_in(domain_modules())}

    assert EXEMPT - names == set()
    assert EXEMPT & set(glossary()) == set()


def test_every_row_of_the_glossary_has_four_cells() -> None:
    cells = [row.strip("| ").split(" | ") for row in rows()]

    assert [row for row in cells if len(row) != CODE_COLUMN + 1 or not all(row)] == []
