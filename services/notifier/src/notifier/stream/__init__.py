"""The live side: sockets of this node, what they are sent, and how they learn what other processes stored."""
