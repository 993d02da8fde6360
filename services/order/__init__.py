"""The order service.

Owns:       the catalogue, orders with their states and prices, the installed base.
Consumes:   resources.assigned, resources.refused, provisioning.service_completed,
            provisioning.service_failed, provisioning.service_held, provisioning.service_resumed,
            provisioning.blueprints_published, customer.party_erased, customer.access_changed.
Publishes:  order.accepted, order.state_changed, order.completed, order.failed, order.rejected.
API:        TMF622 productOrder, TMF637 product, TMF620 productOffering, productOfferingPrice
            and productSpecification, POST /ops/v1/catalogue, GET /ops/v1/orders/{id}/history.
"""
