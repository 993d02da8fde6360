"""The provisioning service (服务开通).

Owns:       blueprints; plans and their steps; work orders; fallout; the service inventory; the
            limits of each network element: calls at a time, calls per second, maintenance.
Consumes:   order.accepted (a plan is made); resources.assigned, resources.refused;
            resources.released (what was reserved is free again, what was pre-released is in use
            again); resources.reservation_questioned (asks whether a plan still needs what is
            reserved for its order);
            resources.pool_kinds_published (the kinds that blueprints can need);
            customer.party_erased (personal data in its dead letters are blanked; it stores no
            other);
            customer.access_changed (a client of the API shares its customers with another).
Publishes:  provisioning.assignment_requested, provisioning.release_requested (both to resources);
            provisioning.service_completed, provisioning.service_failed;
            provisioning.service_held, provisioning.service_resumed (a plan has stopped in
            fallout; the fallout is resolved);
            provisioning.blueprints_published;
            provisioning.reservation_answered (to resources.reservation_questioned).
API:        GET /tmf-api/serviceInventory/v4/service,
            /tmf-api/serviceInventory/v4/service/{service_id};
            GET /ops/v1/plans/{order_id}; GET, POST /ops/v1/blueprints,
            POST /ops/v1/blueprints/plan;
            GET /ops/v1/work-orders, /ops/v1/work-orders/{work_order_id};
            POST /ops/v1/work-orders/{work_order_id}/accept,
            /ops/v1/work-orders/{work_order_id}/report,
            /ops/v1/work-orders/{work_order_id}/return;
            GET /ops/v1/fallout, /ops/v1/fallout/{order_id};
            POST /ops/v1/fallout/{order_id}/retry, /ops/v1/fallout/{order_id}/skip,
            /ops/v1/fallout/{order_id}/fail;
            GET /ops/v1/elements; GET, PUT /ops/v1/elements/{name} (its limits);
            PUT, DELETE /ops/v1/elements/{name}/maintenance (begins, ends maintenance).
"""
