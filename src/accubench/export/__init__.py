"""Files out: csv, parquet, json, html."""
