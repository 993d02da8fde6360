"""The states and progress of accepted orders, and the installed base that they change."""
