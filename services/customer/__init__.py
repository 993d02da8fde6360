"""The customer service (客户: customer).

Owns:       parties and accounts as orders carry them, and the unified view (统一客户视图).
Consumes:   order.accepted, order.state_changed, order.completed, order.failed, order.rejected,
            resources.assigned, provisioning.service_completed, and, for orders of a version that
            publishes no states, provisioning.service_held and service_resumed;
            customer.party_erased (its own: dead letters are blanked as in all services).
Publishes:  customer.party_erased, customer.access_changed.
API:        GET /ops/v1/customers, GET /ops/v1/customers/{id}/view,
            POST /ops/v1/customers/{id}/erase,
            GET /tmf-api/partyManagement/v4/individual/{id} and /organization/{id},
            GET, POST /ops/v1/grants, POST /ops/v1/grants/revoke,
            GET /ops/v1/contested-accounts, POST /ops/v1/contested-accounts/{id}/settle,
            GET /tmf-api/accountManagement/v4/partyAccount and /partyAccount/{id}.
"""
