"""What is known of a customer, and how it is put together. Pure."""
