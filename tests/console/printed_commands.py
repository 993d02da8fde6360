"""Every kaitong command that is printed: in documents, in texts of the code, in help."""

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
"""Environment variables that are set for one command."""

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
        for folder in ("docs", "examples", "deploy")
        for kind in TEXTS
        for path in Path(folder).rglob(kind)
    ),
]
SOURCES = [
    path
    for folder in ("shared", "services", "tools", "deploy")
    for path in Path(folder).rglob("*.py")
]
FILLED_IN = {"{order}": "DEMO-00001", "{job}": "DEMO-00001"}
"""Placeholders in texts, and an example value of each."""

NAMES = {part for command in commands() for part in (command, command[:-1])}

Found = tuple[str, str]
"""A source, and the words printed there after the program name."""


def documents() -> Iterator[Found]:
    """Yield the path and the text of each document."""
    yield from ((str(path), path.read_text(encoding="utf-8")) for path in DOCUMENTS)


def messages() -> Iterator[Found]:
    """Yield the path and each text of the code."""
    for path in SOURCES:
        source = path.read_text(encoding="utf-8")
        if COMMAND.search(source):
            yield from ((str(path), text) for text in texts_in(ast.parse(source)))


def texts_in(node: ast.AST) -> Iterator[str]:
    """Yield the texts in a piece of code; an f-string stays whole."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(part_of(each) for each in parts)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from texts_in(child)


def part_of(node: ast.expr) -> str:
    """Return a part of an f-string: of a value its name in braces."""
    return str(node.value) if isinstance(node, ast.Constant) else ast.unparse(node)[2:-1]


def cut(text: str, patterns: Iterable[re.Pattern[str]]) -> tuple[list[Any], str]:
    """Return the matches of patterns, each in the rest of the one before; and the last rest."""
    found = []
    for pattern in patterns:
        found += pattern.findall(text)
        text = pattern.sub("", text)
    return found, text


def in_documents() -> Iterator[Found]:
    """Yield the commands in documents, each after its path."""
    for path, text in documents():
        found, rest = cut(text, (BACKTICKED, SUBSTITUTED, IN_A_BLOCK))
        yield from ((path, each) for each in (*found, *in_sentences(rest)))


def in_messages() -> Iterator[Found]:
    """Yield the commands in texts of the code: of the command line, and remedies of services."""
    for path, text in messages():
        found, rest = cut(text, (BACKTICKED, SUBSTITUTED))
        yield from ((path, each) for each in (*found, *in_sentences(rest)))


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
    """Yield the modules that a text runs: its path, the container if any, all words.

    Outside backticks the words end with the line.
    """
    for path, text in (*documents(), *messages()):
        found, _ = cut(text, (MODULE_BACKTICKED, MODULE_ON_A_LINE))
        yield from ((path, container, words) for container, words in found)


MODULES = sorted(set(modules()))
