"""Decoding under stated rules, and thumbnails."""
