"""Plans and what belongs to them, from rows and to rows. The only modules that query the tables.

blueprints.py   what plans are drawn from, kept in memory
plans.py        plans
services.py work_orders.py fallout.py elements.py   what is kept beside the plans
troubles.py     what people have to look at
"""
