"""Where Spanledger keeps its data and listens: one configuration object for every part."""

from __future__ import annotations

import difflib
import os
import re
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from spanledger_settings.access_rule import AccessRule  # noqa: TC001 (read at run time)
from spanledger_settings.mendable import AskedWronglyError, MendableError
from spanledger_settings.period import PeriodError, time_zone
from spanledger_settings.tenant_rule import TenantRule  # noqa: TC001 (read at run time)

if TYPE_CHECKING:
    from collections.abc import Iterable

CONFIGURATION_FILE = Path("spanledger.toml")
_PREFIX = "SPANLEDGER_"
# What the library in the app reads, and which file this module does.
_OTHER_VARIABLES = ("SPANLEDGER_CONFIG", "SPANLEDGER_DISABLED", "SPANLEDGER_ENDPOINT", "SPANLEDGER_SPOOL_DIR")
# Kubernetes sets these for a service that is called spanledger.
_OF_A_SERVICE = re.compile(r"SPANLEDGER_(?:.*_)?(?:SERVICE_HOST|SERVICE_PORT(?:_.*)?|PORT(?:_\d+_.*)?)")
_read_from: ContextVar[Path | None] = ContextVar("_read_from", default=None)


class ConfigurationError(MendableError):
    """A setting that cannot be used; the message names it and says what was expected."""


class NoConfigurationError(ConfigurationError, AskedWronglyError):
    """The file of the configuration is not there."""


class Configuration(BaseSettings):
    """Settings from keyword arguments, else ``SPANLEDGER_*`` variables, else a file, else defaults.

    Sizes are bytes, times seconds.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid", frozen=True)

    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("spanledger")),
        description="holds the embedded database, the spool and the node's socket",
    )
    clickhouse_url: str = Field(
        default="",
        description="chdb:///folder or http(s)://user:password@host:port/database; default: data_dir",
    )
    host: str = Field(default="127.0.0.1", description="the address that the receivers and the dashboards listen on")
    otlp_http_port: int = Field(default=4318, ge=0, le=65535, description="the port of OTLP over HTTP; 0: any free one")
    otlp_grpc_port: int = Field(default=4317, ge=0, le=65535, description="the port of OTLP over gRPC; 0: any free one")
    dashboard_port: int = Field(default=8501, ge=0, le=65535, description="the port of the dashboards; 0: any free one")

    dashboard_host: str | None = Field(
        default=None, description="the address that the dashboards listen on; default: `host`"
    )
    tls_certificate: Path | None = Field(
        default=None, description="PEM: what the receivers and the dashboards show; with it all speak TLS"
    )
    tls_key: Path | None = Field(default=None, description="PEM: the certificate's key")
    tls_client_ca: Path | None = Field(
        default=None, description="PEM: only clients with a certificate that this authority signed are let in (mTLS)"
    )
    token_file: Path | None = Field(
        default=None,
        description="the senders' tokens, as hashes; where it is there, OTLP is taken with a token only; default: "
        "tokens.json in data_dir",
    )
    token_spans_per_second: float = Field(
        default=0.0, ge=0, description="spans that each token may send a second, before it gets 429; 0: any number"
    )
    tenant_scope: str | None = Field(
        default=None, min_length=1, description="read as this tenant: commands see its rows alone, and change nothing"
    )
    access_rules: tuple[AccessRule, ...] = Field(
        default=(),
        description="who sees what of the dashboards, once they have a log-in: see dashboards.md; the first that fits",
    )
    insecure_listen: bool = Field(
        default=False, description="listen on other addresses than loopback although nobody has to show who he is"
    )

    max_request_bytes: int = Field(
        default=16 * 2**20, gt=0, description="an OTLP request larger than this, unpacked, is refused (413)"
    )
    max_spool_bytes: int = Field(
        default=4 * 2**30,
        gt=0,
        description="with more than this waiting on disk, senders are asked to retry (503)",
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="how running parts log on standard error: for people, or a JSON object a line"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="what running parts log: this and what is graver"
    )
    segment_spans: int = Field(default=100_000, gt=0, description="spans after which a spool segment is committed")
    segment_seconds: float = Field(default=0.5, gt=0, description="age after which a spool segment is committed")
    batch_calls: int = Field(default=250_000, gt=0, description="calls that the worker enriches in one batch")
    retention_days: dict[str, int] = Field(
        default_factory=dict,
        description="days that a table keeps what came in, 0 for ever, such as { otel_traces = 14 }; unset: as the "
        "schema says",
    )
    timezones: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="time zones such as `Europe/Berlin` whose days the worker sums too, so that reports by day are as "
        "fast there as in UTC; those of most budgets and books are among them by themselves",
    )
    restate_automatically: bool = Field(
        default=False, description="the worker restates calls whose prices, resolution or grid hours changed"
    )
    tenant_rules: tuple[TenantRule, ...] | None = Field(
        default=None,
        description="whose a call is where its span does not say: see tenants.md; unset: those in force stay",
    )
    emails: Literal["hash", "keep", "drop"] | None = Field(
        default=None,
        description="what is stored of e-mail addresses: `hash`, made with a key; `keep`; `drop`; unset: what is in "
        "force stays, at first `hash`",
    )
    email_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        max_length=64,
        description="the key of their hashes (HMAC-SHA256); default: one of the database's own",
    )
    estimate_usage: bool = Field(
        default=False,
        description="where usage is missing, take the counts that an instrumentation made by itself, as `estimated`",
    )
    default_zone: str = Field(
        default="WORLD", description="grid zone or ISO alpha-2 country of calls whose place is unknown; WORLD: the mean"
    )

    energy_method: Literal["ecologits", "token-aware"] = Field(
        default="token-aware",
        description="how the energy of a model is reckoned: `token-aware`, or `ecologits`, which knows no input",
    )
    energy_bounds: Literal["envelope", "method"] = Field(
        default="envelope",
        description="low and high of a model's energy: `envelope`, of both methods the lower low and the higher high; "
        "or `method`, those of `energy_method` alone",
    )
    default_pue: float = Field(
        default=1.56,
        ge=1,
        description="facility energy / IT energy of measured hosts for which `energy import` gave none; 1.56: the "
        "mean of Uptime Institute's survey of 2024",
    )
    grid_signal: Literal["average", "marginal"] = Field(
        default="average", description="the kind of intensity of the ledger; `average` for inventories"
    )
    grid_basis: Literal["lifecycle", "direct"] = Field(
        default="lifecycle", description="`lifecycle`, or `direct`: what plants burn"
    )

    electricitymaps_url: str = Field(
        default="https://api.electricitymaps.com/v3", description="`grid sync`: the API of Electricity Maps"
    )
    electricitymaps_key: SecretStr | None = Field(default=None, description="`grid sync`: its key (auth-token)")
    watttime_url: str = Field(default="https://api.watttime.org", description="`grid sync`: the API of WattTime")
    watttime_user: str | None = Field(default=None, description="`grid sync`: the name to log in with at WattTime")
    watttime_password: SecretStr | None = Field(default=None, description="`grid sync`: its password")
    gb_carbon_url: str = Field(
        default="https://api.carbonintensity.org.uk",
        description="`grid sync`: the Carbon Intensity API of Great Britain",
    )
    grid_requests_per_second: float = Field(
        default=5.0, gt=0, description="`grid sync`: at most so many questions a second to one API"
    )
    grid_attempts: int = Field(
        default=6, gt=0, description="`grid sync`: how often a question is asked while the answer is 429 or 5xx"
    )

    own_providers: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="`carbon ghg`: providers, by any of their names, that are own or leased machines, such as `vllm`",
    )
    own_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="`carbon ghg`: hosts (`host.name`) that are own or leased machines"
    )

    budgets_every_seconds: float = Field(
        default=300.0,
        ge=0,
        description="the worker checks budgets, and raises and delivers alarms, so often, where there is a budget or "
        "somebody to be told; 0: never, for `budgets check` by cron",
    )
    alarm_webhook: SecretStr | None = Field(
        default=None, description="budgets: an address that alarms are posted to, as JSON"
    )
    alarm_slack_webhook: SecretStr | None = Field(
        default=None, description="budgets: an address that takes Slack's messages"
    )
    alarm_email: str | None = Field(default=None, description="budgets: who gets alarms by e-mail")
    alarm_email_from: str = Field(
        default="spanledger@localhost", pattern=r"^[^\s@]+@[^\s@]+$", description="budgets: who sends them"
    )
    alarm_smtp: str = Field(
        default="127.0.0.1:25", pattern=r"^.+:\d+$", description="budgets: the mail server that relays them"
    )

    @field_validator("data_dir", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        """A variable that was never filled in would mean the folder one happens to be in."""
        if value == "":
            raise ValueError("it is empty; expected a folder")
        return value

    @field_validator("data_dir", "tls_certificate", "tls_key", "tls_client_ca", "token_file")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value if value is None else value.expanduser().absolute()

    @field_validator("own_providers", "own_hosts", "timezones", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """A list in the file; names with commas between them in a variable."""
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("own_hosts")
    @classmethod
    def _as_calls_have_them(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name.lower() for name in value)

    @field_validator("timezones")
    @classmethod
    def _known_zones(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            try:
                time_zone(name)
            except PeriodError:
                raise ValueError(f"{name!r} is unknown; expected names such as Europe/Berlin or UTC") from None
        return value

    @field_validator("electricitymaps_url", "watttime_url", "gb_carbon_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError(f"{value!r} is no web address; expected for example https://api.electricitymaps.com/v3")
        return value

    @model_validator(mode="after")
    def _default_to_the_data_folder(self) -> Self:
        if not self.clickhouse_url:
            object.__setattr__(self, "clickhouse_url", f"chdb://{self.data_dir / 'clickhouse'}")
        if not self.clickhouse_url.startswith(("chdb:///", "http://", "https://")):
            raise ValueError(
                f"SPANLEDGER_CLICKHOUSE_URL is {without_password(self.clickhouse_url)!r}; "
                "expected chdb:///folder or http(s)://user:password@host:port/database"
            )
        return self

    @property
    def embedded(self) -> bool:
        """Whether the database runs inside the node (chDB) rather than on a server."""
        return self.clickhouse_url.startswith("chdb:")

    @property
    def tokens(self) -> Path:
        """The file of the senders' tokens."""
        return self.token_file or self.data_dir / "tokens.json"

    @property
    def spool(self) -> Path:
        """The folder of acknowledged requests that are not in ClickHouse yet."""
        return self.data_dir / "spool"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, environment, file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, _read_from.get())


def without_password(url: str) -> str:
    """An address as it may be shown: without user and password."""
    scheme, mark, rest = url.rpartition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


def usual_places() -> tuple[Path, ...]:
    """Where the file is looked for, the first of them that is there: here, the user's folder, the machine's."""
    name = CONFIGURATION_FILE.name
    return (
        CONFIGURATION_FILE,
        Path(platformdirs.user_config_dir("spanledger")) / name,
        Path(platformdirs.site_config_dir("spanledger")) / name,
    )


def unknown_variables(environment: Iterable[str]) -> dict[str, str]:
    """The variables that look like settings and are none, each with the nearest that is one, or ''."""
    known = [*(f"{_PREFIX}{name.upper()}" for name in Configuration.model_fields), *_OTHER_VARIABLES]
    found = {}
    for name in sorted(environment):
        if name.startswith(_PREFIX) and name not in known and not _OF_A_SERVICE.fullmatch(name):
            found[name] = next(iter(difflib.get_close_matches(name, known, 1, 0.8)), "")
    return found


def load(file: Path | None = None, **overrides: object) -> Configuration:
    """Read the configuration; ``overrides`` that are not None win over every other source.

    Args:
        file: In TOML; default: what SPANLEDGER_CONFIG says, else the first of the usual places.
        **overrides: Settings.

    Raises:
        ConfigurationError: The file is not there, or a setting is unknown or has an unusable value.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    named = file or (Path(os.environ["SPANLEDGER_CONFIG"]) if os.environ.get("SPANLEDGER_CONFIG") else None)
    if named is not None and not named.is_file():
        raise NoConfigurationError(f"{named}: there is no such file; --config and SPANLEDGER_CONFIG name one in TOML")
    path = named or next((place for place in usual_places() if place.is_file()), CONFIGURATION_FILE)
    token = _read_from.set(path)
    try:
        return Configuration(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "clickhouse_url"
        if first["type"] == "extra_forbidden" and len(first["loc"]) == 1:
            near = difflib.get_close_matches(name, Configuration.model_fields, 1, 0.6)
            raise ConfigurationError(
                f"{path}: there is no setting {name!r}; {f'meant {near[0]}?' if near else 'take the line out'}"
            ) from None
        raise ConfigurationError(
            f"configuration: {name}: {first['msg']} (set it in {path} or as SPANLEDGER_{name.upper()})"
        ) from None
    except ValueError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    finally:
        _read_from.reset(token)
