"""Builds a Dockerfile in named scenarios, before and after a plan, and says what each build took."""
