"""Reading models: one file per format, each with the verbs sniff and load."""
