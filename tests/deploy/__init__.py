"""What lies in deploy/: it names commands, settings, files and users that exist. `make packages` runs it for real."""
