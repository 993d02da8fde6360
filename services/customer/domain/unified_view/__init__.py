"""The unified customer view (统一客户视图) and the events that it is built from."""
