"""The event log and the bus on AWS: DynamoDB, EventBridge, SQS."""
