"""Records builds: runs a user's command, or reads his logs, and keeps what they say."""
