"""What the system does when all around it fails. `make chaos` writes docs/reliability.md."""
