"""The index in OpenSearch, Serverless or any other from 2.19 on."""
