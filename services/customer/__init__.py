"""The customer service (客户).

Owns:       parties and accounts, as accepted orders report them; the unified view of a customer
            (统一客户视图: orders, products, numbers, lines); contested accounts (named by orders of
            several customers); grants (one client of the API lets another see or change
            the customers of the first).
Consumes:   order.accepted, order.queued, order.state_changed;
            order.completed, order.failed, order.rejected;
            resources.assigned; provisioning.service_completed;
            provisioning.service_held, provisioning.service_resumed (used only for orders that an
            earlier version of order accepted, without order.state_changed);
            customer.party_erased (its own message: it blanks its dead letters by it, as order and
            provisioning do).
Publishes:  customer.party_erased (order blanks the party's personal data, and each service that
            receives such data its dead letters);
            customer.access_changed (a grant was made, changed or revoked).
API:        GET /ops/v1/customers, /ops/v1/customers/{party_id}/view;
            POST /ops/v1/customers/{party_id}/erase;
            GET /tmf-api/partyManagement/v4/individual/{party_id},
            /tmf-api/partyManagement/v4/organization/{party_id};
            GET /tmf-api/accountManagement/v4/partyAccount,
            /tmf-api/accountManagement/v4/partyAccount/{account_id};
            GET, POST /ops/v1/grants; POST /ops/v1/grants/revoke;
            GET /ops/v1/contested-accounts;
            POST /ops/v1/contested-accounts/{account_id}/settle (records what a person found).
"""
