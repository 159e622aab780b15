"""`python -m notifier serve | work | migrate | topology | …`."""

from chassis.lifecycle import main
from notifier.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)
