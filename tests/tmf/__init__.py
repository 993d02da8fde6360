"""The APIs compared with TM Forum's own descriptions of them."""
