"""The operations API that every service has: state, dead letters, journeys, audit, recoveries."""
