"""The validation rules for external input, each in one place.

Bodies, query parameters, imports and publications of every service use these types,
and so must every new endpoint. docs/bad-input.md lists each rule with its test.

json_text          unambiguous JSON
numbers            numbers and booleans without conversion
timestamps         date-times: RFC 3339 with a zone, within the calendar
ids                ids of other systems; identifiers of our own
text_comparison    the form in which texts are compared
phones             the form in which phone numbers are compared
identity_numbers   numbers of identity documents: normal form, check digits
area_codes         area codes as dialled within the country
equipment_names    the form in which names of equipment are compared
list_filters       names in the filters of lists
validation_errors  the error of a failed rule: a code, a reason, a remedy
fault_texts        plain texts for the errors of pydantic and msgspec
"""
