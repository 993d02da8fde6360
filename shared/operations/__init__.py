"""The operations API of every service: state, dead letters, journeys, audit, recoveries."""
