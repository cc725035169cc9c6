"""Which picture is seen when, and how it moves."""
