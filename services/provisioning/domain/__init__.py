"""What provisioning decides. Pure: no I/O, no clock, no randomness.

blueprint/     blueprints: content, validation, publication
plan/          the plan of an order: planning, execution, compensation
fallout/       steps in fallout, and the actions of operators
advance.py     how a plan advances after an event: an answer, a work order, a decision
work_order.py  service.py  element.py  reservation_answer.py   what is stored beside the plans
"""
