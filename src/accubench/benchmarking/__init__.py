"""Measuring the speed of a model."""
