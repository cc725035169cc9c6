"""Which steps change, how often, and what that costs."""
