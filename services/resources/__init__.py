"""The resources service.

Owns:       numbers and their segments, the line plant (exchanges, addresses, splitters, pairs)
            and its pools, and the holdings in them.
Consumes:   provisioning.assignment_requested, provisioning.release_requested,
            provisioning.service_completed, provisioning.reservation_answered.
Publishes:  resources.assigned, resources.refused, resources.released,
            resources.reservation_questioned.
API:        GET /ops/v1/numbers, /ops/v1/numbers/{e164};
            POST, DELETE /ops/v1/numbers/{e164}/hold;
            GET /ops/v1/holdings/{id}, /ops/v1/pools, /ops/v1/pools/{kind}/{name},
            /ops/v1/addresses;
            GET /ops/v1/pools/{kind}/{name}/things and /things/{value};
            POST .../withdraw|restore;
            GET /ops/v1/reservations, /ops/v1/reservations/{order_id}, POST .../release;
            POST /ops/v1/import/{exchanges|segments|splitters|addresses|pairs}.
"""
