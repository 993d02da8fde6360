"""What provisioning decides. Pure: no I/O, no clock, no randomness.

blueprint.py, reading.py   how a product gets into the network, as data
plan.py, draft.py          what one order needs done, as a graph of steps
advance.py                 the one table: what a plan does when it hears something
turn.py forward.py backward.py people.py   what that table calls on
fallout.py work_order.py service.py element.py   what is kept beside the plans
reservation.py             whether a plan needs what is reserved for its order
"""
