"""Run the provisioning service: `python -m services.provisioning api|worker|all`."""

from shared.runtime.loading import loading

with loading(without="rich"):
    from services.provisioning.app import SERVICE
    from shared.runtime.run import run

if __name__ == "__main__":
    run(SERVICE)
