"""`make package`: dist/holdings.zip, what Lambda runs and nothing else; same inputs, same bytes."""
