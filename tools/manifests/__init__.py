"""Kubernetes manifests of the services, written from their settings models and the tables in this package."""
