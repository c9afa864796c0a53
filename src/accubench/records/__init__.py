"""The frozen records that all rooms share: what a model, a dataset, a report *is*, before any behaviour."""
