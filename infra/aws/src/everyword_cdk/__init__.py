"""The infrastructure of Everyword on AWS, as a CDK application."""
