"""A supervisor with a notebook."""

from pathlib import Path

from deploy.local.supervised_process import Engine, SupervisedProcess
from deploy.local.supervisor import Program, Supervisor

SLEEPER = ("/bin/sleep", "600")


class RecordingSupervisor:
    """A supervisor with a notebook of what it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.supervisor = Supervisor(lambda: None, self.said.append)

    def program(self, name: str, *command: str, stage: int = 0, url: str = "") -> Program:
        """Start a program and keep it running."""
        program = Program(command, {}, self.folder / f"{name}.log", self.folder, url)
        program.start()
        self.supervisor.supervise(name, program, stage=stage)
        return program

    def engine(self, name: str, engine: Engine) -> SupervisedProcess:
        """Keep an engine running that runs; return what is known of it."""
        self.supervisor.supervise(name, engine, stage=0)
        return self.supervisor.processes[-1]

    def has_said(self, words: str) -> bool:
        """Tell whether it said so."""
        return any(words in line for line in self.said)
