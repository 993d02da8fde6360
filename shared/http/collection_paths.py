"""Constants: the URL paths of API collections that one service serves and others link to."""

OPS_PATH = "/ops/v1"
"""The operations API of every service."""

ORDERS_PATH = "/tmf-api/productOrderingManagement/v4/productOrder"
QUOTES_PATH = "/tmf-api/quoteManagement/v4/quote"
PRODUCTS_PATH = "/tmf-api/productInventory/v4/product"
CATALOGUE_PATH = "/tmf-api/productCatalogManagement/v4"
OFFERINGS_PATH = f"{CATALOGUE_PATH}/productOffering"
SPECIFICATIONS_PATH = f"{CATALOGUE_PATH}/productSpecification"
PRICES_PATH = f"{CATALOGUE_PATH}/productOfferingPrice"
AGREEMENTS_PATH = f"{OPS_PATH}/agreements"
"""All of the order service."""

SERVICES_PATH = "/tmf-api/serviceInventory/v4/service"
"""Of the provisioning service."""

ADDRESSES_PATH = f"{OPS_PATH}/addresses"
NUMBERS_PATH = f"{OPS_PATH}/numbers"
POOLS_PATH = f"{OPS_PATH}/pools"
"""All three of the resources service."""

PARTIES_PATH = "/tmf-api/partyManagement/v4"
ACCOUNTS_PATH = "/tmf-api/accountManagement/v4/partyAccount"
CUSTOMERS_PATH = f"{OPS_PATH}/customers"
"""All three of the customer service."""
