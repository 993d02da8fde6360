"""Every command of ours that is printed: in documents, in texts of the code, in help."""

import ast
import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from services.console.cli import app
from tests.console.command import commands

SET = r"(?:\w+=\S+ )*"
"""What is set for a command alone."""

BACKTICKED = re.compile(rf"`{SET}(?:\./)?kaitong ([a-z][^`]*)`")
SUBSTITUTED = re.compile(r"\$\((?:\./)?kaitong ([a-z][^)]*)\)")
IN_A_BLOCK = re.compile(rf"^ *{SET}(?:\./)?kaitong ([a-z][^#\n]*)", re.MULTILINE)
IN_A_SENTENCE = re.compile(r"\./kaitong((?: (?:--)?[a-z][a-z-]*)+)")
EXAMPLE = re.compile(r"Example: kaitong ([^\n]+(?:\n  --[^\n]+)*)")

RUN = r"(?:python -m|docker compose run --rm ([\w-]+)) "
COMMAND = re.compile(r"kaitong[\s\"']|python -m|compose run")
"""Found in every module that prints a command; parsing the other modules takes seconds."""

MODULE_BACKTICKED = re.compile(rf"`{SET}{RUN}([a-z][^`]*)`")
MODULE_ON_A_LINE = re.compile(rf"{RUN}([a-z][^`#\n]*)")

TEXTS = ("*.md", "*.sh", "*.yml", "Dockerfile")
DOCUMENTS = [
    *(Path(name) for name in ("README.md", "docker-compose.yml", "kaitong")),
    *(
        path
        for room in ("docs", "examples", "deploy")
        for kind in TEXTS
        for path in Path(room).rglob(kind)
    ),
]
SOURCES = [
    path for room in ("shared", "services", "tools", "deploy") for path in Path(room).rglob("*.py")
]
FILLED_IN = {"{order}": "DEMO-00001", "{job}": "DEMO-00001"}
"""What a text has in the place of a value."""

NAMES = {part for command in commands() for part in (command, command[:-1])}

Found = tuple[str, str]
"""A place, and what is printed there after the name of the command line."""


def documents() -> Iterator[Found]:
    """Yield the text of each document, after its place."""
    yield from ((str(path), path.read_text(encoding="utf-8")) for path in DOCUMENTS)


def messages() -> Iterator[Found]:
    """Yield each text in the code, after its place."""
    for path in SOURCES:
        source = path.read_text(encoding="utf-8")
        if COMMAND.search(source):
            yield from ((str(path), text) for text in texts_in(ast.parse(source)))


def texts_in(node: ast.AST) -> Iterator[str]:
    """Yield the texts in a piece of code; one that is put together stays whole."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(part_of(each) for each in parts)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from texts_in(child)


def part_of(node: ast.expr) -> str:
    """Return a part of a text that is put together: a value has its name in braces."""
    return str(node.value) if isinstance(node, ast.Constant) else ast.unparse(node)[2:-1]


def cut(text: str, patterns: Iterable[re.Pattern[str]]) -> tuple[list[Any], str]:
    """Return what patterns find in a text, each in what the one before has left; and the rest."""
    found = []
    for pattern in patterns:
        found += pattern.findall(text)
        text = pattern.sub("", text)
    return found, text


def in_documents() -> Iterator[Found]:
    """Yield the commands in documents, each after its place."""
    for place, text in documents():
        found, rest = cut(text, (BACKTICKED, SUBSTITUTED, IN_A_BLOCK))
        yield from ((place, each) for each in (*found, *in_sentences(rest)))


def in_messages() -> Iterator[Found]:
    """Yield the commands in texts of the code: of the command line, and remedies of services."""
    for place, text in messages():
        found, rest = cut(text, (BACKTICKED, SUBSTITUTED))
        yield from ((place, each) for each in (*found, *in_sentences(rest)))


def in_sentences(text: str) -> Iterator[str]:
    """Yield the commands that stand in sentences: their names, and the options behind these."""
    for found in IN_A_SENTENCE.findall(text):
        words = found.split()
        ends = (end for end in range(len(words), 0, -1) if tuple(words[:end]) in NAMES)
        end = next(ends, 1)
        options = takewhile(lambda word: word.startswith("--"), words[end:])
        yield " ".join((*words[:end], *options))


def in_help() -> Iterator[Found]:
    """Yield the examples in the help of every command and group."""
    for each in sorted(NAMES):
        shown = CliRunner().invoke(app, [*each, "--help"], env={"COLUMNS": "80"}).output
        yield from ((" ".join(each), found) for found in EXAMPLE.findall(shown))


PRINTED = sorted({*in_documents(), *in_messages(), *in_help()})


def modules() -> Iterator[tuple[str, str, str]]:
    """Yield the modules that a text says to run: its place, the container if any, all words.

    In a sentence the words end with the line.
    """
    for place, text in (*documents(), *messages()):
        found, _ = cut(text, (MODULE_BACKTICKED, MODULE_ON_A_LINE))
        yield from ((place, container, words) for container, words in found)


MODULES = sorted(set(modules()))
