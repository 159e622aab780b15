"""Takes the spans of the local stack and shows a trace as a tree; a real collector takes its place in production."""
