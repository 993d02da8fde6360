"""Run the command line: `python -m services.console`."""

from shared.runtime.import_tuning import fast_imports

with fast_imports():
    from services.console.main import main

if __name__ == "__main__":
    main()
