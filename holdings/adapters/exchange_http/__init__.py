"""What every exchange over HTTP needs: bounds, connections, retries, pages of accounts."""
