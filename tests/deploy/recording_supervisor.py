"""A supervisor whose messages are recorded."""

from pathlib import Path

from deploy.local.supervised_process import ManagedProcess, SupervisedProcess
from deploy.local.supervisor import Program, Supervisor

SLEEPER = ("/bin/sleep", "600")


class RecordingSupervisor:
    """A supervisor, and the messages that it logged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.messages: list[str] = []
        self.supervisor = Supervisor(lambda: None, self.messages.append)

    def program(self, name: str, *command: str, stage: int = 0, url: str = "") -> Program:
        """Start a program and keep it running."""
        program = Program(command, {}, self.folder / f"{name}.log", self.folder, url)
        program.start()
        self.supervisor.supervise(name, program, stage=stage)
        return program

    def engine(self, name: str, engine: ManagedProcess) -> SupervisedProcess:
        """Supervise a running engine; return its supervised process."""
        self.supervisor.supervise(name, engine, stage=0)
        return self.supervisor.processes[-1]

    def has_logged(self, words: str) -> bool:
        """Tell whether a logged message contains these words."""
        return any(words in line for line in self.messages)
