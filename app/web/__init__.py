"""HTTP manners, shared by all rooms."""
