"""The customer service (客户).

Owns:       parties and accounts, as accepted orders report them; the unified view of a customer
            (统一客户视图: orders, products, numbers, lines); contested accounts (named by orders of
            several customers); grants (one client of the API lets another see or change its
            customers).
Consumes:   order.accepted, order.state_changed, order.completed, order.failed, order.rejected;
            resources.assigned; provisioning.service_completed;
            provisioning.service_held, provisioning.service_resumed (only for orders of a version
            that publishes no order.state_changed);
            customer.party_erased (its own message: like every service, it blanks its dead letters
            by it).
Publishes:  customer.party_erased (every service blanks the party's personal data);
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
