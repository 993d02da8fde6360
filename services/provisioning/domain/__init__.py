"""What provisioning decides. Pure: no I/O, no clock, no randomness.

blueprint/     blueprints: content, validation, publication
plan/          the plan of an order: planning, advancing, execution, compensation
fallout/       steps in fallout, and the actions of operators
work_order.py  service.py  element.py  reservation.py   what is stored beside the plans
"""
