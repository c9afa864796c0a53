"""The accuracy configuration: YAML, schema, presets, and inference of values from what a model says."""
