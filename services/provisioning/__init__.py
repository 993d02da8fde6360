"""The provisioning service (服务开通: service opening).

Owns:       blueprints, plans and their steps, work orders, fallout, the service inventory, and
            the call limits of each network element.
Consumes:   order.accepted, resources.assigned, resources.refused, resources.released,
            resources.reservation_questioned, customer.party_erased, customer.access_changed.
Publishes:  provisioning.assignment_requested, provisioning.release_requested (for resources),
            provisioning.service_completed, service_failed, service_held, service_resumed,
            blueprints_published, reservation_answered.
API:        GET /tmf-api/serviceInventory/v4/service and /service/{id};
            GET /ops/v1/plans/{order_id}; GET, POST /ops/v1/blueprints;
            GET /ops/v1/work-orders and /work-orders/{id},
            POST /work-orders/{id}/accept|report|return;
            GET /ops/v1/fallout and /fallout/{order_id}, POST /fallout/{order_id}/retry|skip|fail;
            GET /ops/v1/elements, GET, PUT /elements/{name},
            PUT, DELETE /elements/{name}/maintenance.
"""
