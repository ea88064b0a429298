"""What people read of a search: the live display, reports, the hall of fame."""
