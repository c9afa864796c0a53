"""Executing the configured steps on decoded images."""
