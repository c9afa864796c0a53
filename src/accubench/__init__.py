"""AccuBench: measure, understand and keep the accuracy of deployed image classifiers."""
