"""Long work in the background: queued, one at a time for each target, cancelled at any time, continued after a crash."""
