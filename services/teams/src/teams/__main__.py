"""serve | work | migrate | topology | openapi | settings"""

from chassis.lifecycle import main
from teams.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)
