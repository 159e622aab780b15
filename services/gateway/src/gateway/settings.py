"""What the gateway reads from its environment."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from chassis.settings import PeerSettings, ServiceSettings


class GatewaySettings(ServiceSettings, PeerSettings):
    """Names are environment variables in upper case, e.g. OPENAPI_DIRECTORY. Sizes are bytes, times seconds."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    services: dict[str, str] = Field(description="JSON: service name -> base URL, e.g. http://127.0.0.1:8001.")
    openapi_directory: Path = Field(description="Holds <service>.json of each service: the routes and the reference.")
    web_directory: Path = Field(Path("web/dist"), description="Built pages: customer/, admin/, docs/.")
    rabbitmq_url: SecretStr = Field(description="amqp://user:password@host:port/vhost, for revocations.")
    redis_url: SecretStr = Field(description="redis://host:port/0: the counts of the rate limits.")
    allowed_origins: tuple[str, ...] = Field((), description="JSON: other origins whose pages may call the API.")
    trusted_proxies: tuple[str, ...] = Field(
        (), description="JSON: networks whose X-Forwarded-For and -Proto are believed, e.g. an ingress's."
    )

    max_body_bytes: int = Field(4_194_304, gt=0, description="Largest request body; a document may set it lower.")
    max_json_depth: int = Field(64, gt=0, description="How deep the JSON of a request may nest.")
    max_header_bytes: int = Field(16_384, gt=0, le=49_152, description="All request headers together.")
    max_target_bytes: int = Field(8_190, gt=0, le=49_152, description="Path and query together.")

    connect_seconds: float = Field(2, gt=0, description="How long a connection to a service may take to open.")
    service_seconds: float = Field(30, gt=0, description="How long a service may take to answer.")
    home_seconds: float = Field(2, gt=0, description="How long /v1/home waits for its slowest part.")
    upload_seconds: float = Field(300, gt=0, description="How long a client may take for a whole body.")
    upload_idle_seconds: float = Field(20, gt=0, description="How long a client may pause within a body.")
    service_concurrency: int = Field(256, gt=0, description="Requests in hand per service; more get 503.")
    requests_in_hand: int = Field(1_024, gt=0, description="Requests in hand altogether; more get 503 at once.")
    requests_in_hand_while_late: int = Field(64, gt=0, description="The same while the event loop is late.")
    lag_seconds: float = Field(0.25, gt=0, description="How late the event loop may be before load is shed.")
    breaker_failures: int = Field(5, gt=0, description="Failures in a row after which a service is left alone.")
    breaker_seconds: float = Field(2, gt=0, description="How long it is left alone before one request tries again.")

    requests_per_minute_address: int = Field(600, gt=0, description="Of one network address without a valid token.")
    requests_per_minute_caller: int = Field(1_200, gt=0, description="Of one user or API key.")
    requests_per_minute_organization: int = Field(
        600, gt=0, description="Of an organization whose token names no quota of its plan."
    )
    rate_limit_scale: float = Field(
        1, gt=0, description="All rate limits times this: raise it where many come from one address, e.g. in tests."
    )

    stream_message_bytes: int = Field(65_536, gt=0, description="Largest WebSocket message of a client.")
    streams_per_address: int = Field(200, gt=0, description="Open sockets of one network address.")
    streams_per_user: int = Field(20, gt=0, description="Open sockets of one user who shows a token.")
    stream_heartbeat_seconds: float = Field(30, gt=0, description="Interval of the pings that find dead clients.")
    stream_stall_seconds: float = Field(20, gt=0, description="How long a client may not read before it is cut off.")
