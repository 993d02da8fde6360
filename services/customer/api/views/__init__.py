"""Views: what goes out. One module for each resource."""
