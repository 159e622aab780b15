"""`python -m admin serve | work | migrate | staff | audit | …`."""

from admin.app import SERVICE
from chassis.lifecycle import main

if __name__ == "__main__":
    main(SERVICE)
