"""How a service is run; what is not given is read from the environment, as SPANWISE_PORT or SPANWISE_TOKEN."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from spanwise.files.urls import is_url
from spanwise.index.nearest import nearest_index

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s]+")  # what a browser sends (RFC 6454, section 7)
_LEAST_EVERY_S = 1.0
Names = Annotated[tuple[str, ...], NoDecode]


class ServeSettings(BaseSettings):
    """
    What `spanwise serve` and `spanwise mcp` can be told.

    :param token: What clients must send as `Authorization: Bearer TOKEN`; needed for any address but this machine's.
    :param allow_host: Host names by which clients may call the service, beside its own.
    :param allow_origin: Origins of other pages that may call it, such as https://wiki.example.org.
    :param trust_proxy: Addresses of proxies whose X-Forwarded-For is believed.
    :param max_body: Most bytes of a request's body.
    :param max_question: Most characters of a question.
    :param max_batch: Most questions of one request.
    :param max_queue: Most questions that wait to be read; more are refused with 503.
    :param max_connections: Most connections at once; more are refused with 503.
    :param rate: Most requests of one client in a minute; 0 for any number.
    :param timeout: Seconds in which a question must be answered, and a request's body must have come.
    :param batch_size: Most questions that are read together.
    :param batch_wait: Seconds that the first question of a batch waits for others.
    :param sync: A folder that the index is kept up to date with, or the URL of one in a store.
    :param every: How often that is done, in seconds; given as 90s, 10m, 6h or 1d.
    :param watch: Whether that is done as soon as something in the folder changes; one in a store cannot be watched.
    :param feedback: The file that verdicts on answers are added to.
    :param log_questions: Whether the log holds questions.
    :param engine: Where questions are answered: "local" for this process, "ray" for a cluster.
    :param address: The cluster: "HOST:PORT", or "auto" for the one that runs on this machine; None starts one here.
    :param replicas: How many of its processes search; None takes one for each machine.
    """

    model_config = SettingsConfigDict(env_prefix="SPANWISE_", extra="ignore", env_ignore_empty=True)

    index: Path = Field(default_factory=nearest_index)
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    token: SecretStr | None = None
    allow_host: Names = ()
    allow_origin: Names = ()
    trust_proxy: Names = ()
    max_body: Annotated[int, Field(ge=1024)] = 65_536
    max_question: Annotated[int, Field(ge=1)] = 1000
    max_batch: Annotated[int, Field(ge=1)] = 64
    max_queue: Annotated[int, Field(ge=1)] = 256
    max_connections: Annotated[int, Field(ge=1)] = 512
    rate: Annotated[int, Field(ge=0)] = 1200
    timeout: Annotated[float, Field(gt=0)] = 30.0
    batch_size: Annotated[int, Field(ge=1)] = 16
    batch_wait: Annotated[float, Field(ge=0)] = 0.005
    sync: Path | str | None = None
    every: float | None = None
    watch: bool = False
    feedback: Path | None = None
    log_questions: bool = False
    engine: Literal["local", "ray"] = "local"
    address: str | None = None
    replicas: Annotated[int, Field(ge=1)] | None = None
    reader: str = "default"
    second_reader: str | None = None
    reranker: str | None = None
    calibration: Path | None = None
    device: str = "auto"

    @field_validator("allow_host", "allow_origin", "trust_proxy", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("allow_origin")
    @classmethod
    def _as_browsers_send(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        """Undo what people write and browsers do not: capitals, and a slash at the end."""
        sent = tuple(origin.lower().rstrip("/") for origin in origins)
        for origin in sent:
            if _ORIGIN.fullmatch(origin) is None:
                msg = f"expected an origin such as https://wiki.example.org (no path), found {origin!r}"
                raise ValueError(msg)
        return sent

    @field_validator("every", mode="before")
    @classmethod
    def _seconds(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        found = _DURATION.fullmatch(value.strip())
        seconds = 0.0 if found is None else float(found[1]) * _SECONDS[found[2]]
        if seconds < _LEAST_EVERY_S:
            msg = f"expected a time of at least a second such as 90s, 10m, 6h or 1d, found {value!r}"
            raise ValueError(msg)
        return seconds

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.token is not None and len(self.token.get_secret_value()) < 16:
            msg = "expected a token of at least 16 characters, found a shorter one; `openssl rand -hex 24` makes one"
            raise ValueError(msg)
        if not self.is_local and self.token is None:
            msg = (
                f"expected a token to listen on {self.host}, since whoever reaches that address could read every "
                "document; add --token or set SPANWISE_TOKEN, or listen on 127.0.0.1"
            )
            raise ValueError(msg)
        if self.sync is None and (self.every is not None or self.watch):
            msg = "expected --sync FOLDER with --every and --watch, found none; name the folder"
            raise ValueError(msg)
        if self.watch and is_url(str(self.sync)):
            msg = f"expected a folder of this machine with --watch, found {self.sync}; add --every TIME instead"
            raise ValueError(msg)
        if self.engine != "ray" and (self.address is not None or self.replicas is not None):
            msg = "expected --engine ray with --address and --replicas, found none"
            raise ValueError(msg)
        return self

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the service."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False
