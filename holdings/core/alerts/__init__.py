"""What a viewer wants to be told of: rules, when each fires, and the mails that say so."""
