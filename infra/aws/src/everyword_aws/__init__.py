"""The services as AWS Lambda functions: their graphs, and one thin handler per function."""
