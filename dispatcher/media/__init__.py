"""Media: what foreign servers say of an address, and local files looked at by their content."""
