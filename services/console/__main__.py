"""Run the command line: `python -m services.console`."""

from shared.runtime.loading import loading

with loading():
    from services.console.cli import main

if __name__ == "__main__":
    main()
