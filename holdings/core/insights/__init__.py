"""What an account's past says about it: figures, a description, and observations. No advice."""
