"""`python -m analytics serve | work | migrate | topology | verify | rebuild | …`."""

from analytics.app import SERVICE
from chassis.lifecycle import main

if __name__ == "__main__":
    main(SERVICE)
