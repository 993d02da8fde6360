"""The store of provisioning. The only modules that query its tables.

blueprints.py   blueprints, cached in memory by edition
blueprint_editions.py   editions that are not published yet
pool_kinds.py   the kinds of resources that the resource service has published
plans.py        plans
services.py work_orders.py fallout.py elements.py   what is stored beside the plans
troubles.py     troubles for the status of the service
"""
