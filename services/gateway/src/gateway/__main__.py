"""`python -m gateway serve|settings`."""

from chassis.lifecycle import Service, main
from gateway.app import NAME, serve
from gateway.settings import GatewaySettings

if __name__ == "__main__":
    main(Service(name=NAME, settings=GatewaySettings, routes=(), serve=serve))
