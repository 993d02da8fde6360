"""Commands: load, decide, store, publish; for the API, for a start, and for handlers.

plan_updates   storing the decision about a plan, and starting what it causes
work_orders      the crews' answers
fallout          the operators' decisions about steps in fallout
blueprints       the publication of blueprints, by the API and at a start
elements         changes of network elements
"""
