"""Who may do what: the deployer's policy, and the rights of each role, written down for people."""
