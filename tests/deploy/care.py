"""A supervisor with a notebook."""

from pathlib import Path

from deploy.local.supervisor import Program, Supervisor

SLEEPER = ("/bin/sleep", "600")


class Care:
    """A supervisor with a notebook of what it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.supervisor = Supervisor(lambda: None, self.said.append)

    def program(self, name: str, *command: str, stage: int = 0) -> Program:
        """Start a program and keep it running."""
        program = Program(command, {}, self.folder / f"{name}.log", self.folder)
        program.start()
        self.supervisor.keep(name, program, stage=stage)
        return program

    def has_said(self, words: str) -> bool:
        """Tell whether it said so."""
        return any(words in line for line in self.said)
