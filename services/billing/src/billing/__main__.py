"""serve | work | migrate | topology | catalog | deadletters | openapi | settings"""

from billing.app import SERVICE
from chassis.lifecycle import main

if __name__ == "__main__":
    main(SERVICE)
