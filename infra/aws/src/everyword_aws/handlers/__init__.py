"""One module per Lambda function: a cached graph, decorators, parse, one call, return."""
