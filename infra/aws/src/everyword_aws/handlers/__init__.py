"""One module per Lambda function: a cached graph, decorators, parse, one call, return."""

import gc

gc.set_threshold(50_000)
"""Importing boto3 and pydantic makes hundreds of thousands of objects that all stay: collecting
after every 700 looks through them again and again, for a third of the handler's own import."""
