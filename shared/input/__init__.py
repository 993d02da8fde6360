"""The rules of what comes in from outside, each in one place.

Bodies, query parameters, imports and publications of every service use these types,
and so must every new endpoint. docs/bad-input.md lists each rule with its test.

json_text     JSON that means the same to everybody
timestamps    date-times: RFC 3339 with a zone, within the calendar
ids           what callers call their things; identifiers of our own
texts         texts as they are compared
phones        phone numbers as they are compared
identities    numbers on papers: their one form, their check digits
filters       names in the filters of lists
refusals      how a rule says no: a code, a reason, a remedy
"""
