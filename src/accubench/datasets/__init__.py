"""Reading datasets: one file per layout, each with the verbs sniff and load."""
