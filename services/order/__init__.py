"""The order service.

Owns:       the catalogue; orders with their items, states and prices; the installed base (the
            products that customers have).
Consumes:   resources.assigned; resources.refused (code `unserved` rejects the order; after any
            other code, provisioning.service_failed fails it);
            provisioning.service_completed, provisioning.service_failed;
            provisioning.service_held, provisioning.service_resumed (of a plan in fallout);
            provisioning.blueprints_published (an offering that no blueprint delivers cannot be
            published); customer.party_erased (its personal data is blanked);
            customer.access_changed (a client of the API shares its customers with another).
Publishes:  order.accepted (the order is stored and was answered with 201);
            order.state_changed (all changes of state between the acceptance and the end);
            and one end: order.completed, order.failed, or order.rejected (accepted, but found to
            be unserved at its address before work began).
API:        POST, GET TMF622 productOrder (no cancellation yet);
            GET TMF637 product;
            GET TMF620 productOffering, productOfferingPrice, productSpecification;
            POST /ops/v1/catalogue (publishes entries of the catalogue);
            GET /ops/v1/orders/{id}/history.
"""
