"""The Store: catalogue, predictions and scores, locks."""
