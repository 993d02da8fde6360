"""The validation rules for external input, each in one place.

Every service applies them to bodies, query parameters and imports, and to the catalogue and the
blueprints that people publish; so must every new endpoint. docs/bad-input.md lists each rule with
its test.

json_text          JSON with each key once, finite numbers of 64 bits, valid Unicode
numbers            numbers and booleans: `"8"` is no number, and `1` is not true
timestamps         date-times: RFC 3339 with a zone, in the years 0001 to 9999 in UTC; days
ids                ids that other systems choose, of printable text; ASCII identifiers
text_comparison    the normal form of texts, by which they are compared
phones             the normal form of phone numbers, by which they are compared
identity_numbers   numbers of identity documents: normal form, check digits
area_codes         area codes as dialled within the country
equipment_names    the normal form of names of equipment, by which they are compared
list_filters       unknown names in the filters of lists are errors, not empty lists
validation_errors  the error of a failed rule: a code, a reason, a remedy
fault_texts        plain texts for the errors of pydantic and msgspec
"""
