"""The clients of the public API, generated from its one document: TypeScript and Python (`make clients`)."""
