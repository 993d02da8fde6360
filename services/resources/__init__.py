"""The resources service.

Owns:       numbers and their segments; the line plant (exchanges, addresses, splitters, copper
            pairs); the pools from which numbers and other resources are assigned; the holdings:
            which order and service hold which resource.
Consumes:   provisioning.assignment_requested (assigns all that an order needs, or nothing);
            provisioning.release_requested (what was reserved for an order is free again, what was
            pre-released is in use again);
            provisioning.service_completed (what was reserved is in use; what was pre-released is
            free, or in quarantine); provisioning.reservation_answered.
Publishes:  resources.assigned, resources.refused; resources.released;
            resources.reservation_questioned (asks provisioning whether a plan still needs what is
            reserved for its order);
            resources.pool_kinds_published.
API:        GET /ops/v1/numbers, /ops/v1/numbers/{e164};
            POST, DELETE /ops/v1/numbers/{e164}/hold (selects an idle number for the calling
            client for ten minutes, ends the selection; a selection is not a holding);
            GET /ops/v1/holdings/{id} (of an order or a service);
            GET /ops/v1/pools, /ops/v1/pools/{kind}/{name}, /ops/v1/pools/{kind}/{name}/things,
            /ops/v1/pools/{kind}/{name}/things/{value};
            POST /ops/v1/pools/{kind}/{name}/withdraw, /ops/v1/pools/{kind}/{name}/restore (the
            body names the resources);
            GET /ops/v1/addresses, /ops/v1/addresses/{address_id};
            GET /ops/v1/reservations (what has been reserved or pre-released for an order for an
            hour, by default, and whether a plan needs it), /ops/v1/reservations/{order_id};
            POST /ops/v1/reservations/{order_id}/release (asks provisioning, then releases what no
            plan needs);
            POST /ops/v1/import/exchanges, /ops/v1/import/segments, /ops/v1/import/splitters,
            /ops/v1/import/addresses, /ops/v1/import/pairs, /ops/v1/import/items,
            /ops/v1/import/blocks;
            GET, POST /ops/v1/pool-kinds, POST /ops/v1/pool-kinds/plan (the kinds of resources).
"""
