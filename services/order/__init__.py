"""The order service.

Owns:       the catalogue; orders with their items, states and prices; the installed base (the
            products that customers have); what was handed over to billing; what counts for an
            identity, and which are blocked.
Consumes:   resources.assigned; resources.refused (code `unserved` rejects an order whose work
            has not begun; of any other refusal, provisioning reports the consequence);
            provisioning.service_completed, provisioning.service_failed;
            provisioning.service_held, provisioning.service_resumed (a plan has stopped in
            fallout; the fallout is resolved);
            provisioning.blueprints_published (an offering that no blueprint delivers cannot be
            put on sale); customer.party_erased (its personal data is blanked);
            customer.access_changed (a client of the API shares its customers with another).
Publishes:  order.accepted (the order is stored; the answer to its request is 201);
            order.queued (it waits for other orders of its products; order.accepted
            follows unless it is rejected then);
            order.state_changed (one for each change of the order or of an item between the
            acceptance and the end; it has the states of all items);
            and one end: order.completed, order.failed, or order.rejected (accepted, but found to
            be unserved at its address before work began).
API:        POST, GET TMF622 productOrder (no cancellation yet);
            GET TMF637 product;
            GET, POST, PATCH TMF620 productOffering, productSpecification; GET productOfferingPrice;
            POST /ops/v1/catalogue, /ops/v1/catalogue/plan (publishes entries of the catalogue);
            PUT, GET, DELETE /ops/v1/blocked-identities (identities whose orders are refused);
            GET /ops/v1/orders/{id}/history, /ops/v1/products/{id}/history;
            POST, GET quote; PUT, GET /ops/v1/agreements (contract prices of one customer);
            GET /ops/v1/billing/reconciliation (what was handed over to billing on a day).
"""
