"""Engines, devices, and the streaming pipeline decode -> preprocess -> infer -> rows."""
