"""What every service stands on: small modules, no business word. Something enters when two services need it."""
