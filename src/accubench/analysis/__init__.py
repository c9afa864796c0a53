"""Pure functions on columns and arrays: accuracy, intervals, confusion, calibration."""
