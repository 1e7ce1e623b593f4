"""The event log and the bus on one machine, in one SQLite file."""
