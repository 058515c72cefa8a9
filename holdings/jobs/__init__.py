"""Work without a request: handlers of queues, thin over the core."""
