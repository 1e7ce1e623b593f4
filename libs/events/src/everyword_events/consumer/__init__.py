"""Running a service's handler over its inbox: batches, retries, heartbeats."""
