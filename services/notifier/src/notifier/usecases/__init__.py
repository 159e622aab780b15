"""What notifier does, one verb a file. Each takes the open transaction and never commits."""
