"""The HTTP API of the order service: requests in, decisions, views out.

orders        TMF622 productOrder, and the history of an order
products      TMF637 product: the installed base
offerings     TMF620: what is sold; and its publication
asked · reading                                an order as it comes; as the domain sees it
shown · money · views_order · views_product · views_catalogue      what is shown
"""
