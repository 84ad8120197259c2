"""All settings, typed, read once at a door from `city.toml` and `CITYCOMMONS_…` variables."""

import re
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from citycommons.core.errors import Invalid

FILE = "city.toml"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}|oklch\(\s*[\d.]+%?\s+[\d.]+\s+[\d.]+(deg)?\s*\)")


class Settings(BaseSettings):
    """One installation; every field can be set in `city.toml` or as `CITYCOMMONS_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="CITYCOMMONS_", extra="forbid", frozen=True)

    home: Path = Field(description="Folder that holds everything of this city.")
    name: str = Field("My City", description="Name of the city, as shown on every page.")
    language: str = Field("en", pattern="^(en|it|fr|de)$", description="First language of pages.")
    timezone: str = Field(
        "Europe/Rome", description="Time zone that people of the city live by, as Europe/Berlin."
    )
    accent: str = Field(
        "oklch(0.50 0.10 200)",
        description="Accent colour: CSS oklch(L C H) or #rrggbb.",
    )
    boundary: tuple[float, float, float, float] | None = Field(
        None, description="West, south, east, north of the city in degrees."
    )
    database: str = Field("", description="SQLAlchemy URL; empty is SQLite inside `home`.")
    host: str = Field("127.0.0.1", description="Address the portal listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the portal listens on.")
    public_url: str = Field("", description="Address of the portal as readers see it.")
    contact: str = Field(
        "",
        pattern=r"^([^@\s]+@[^@\s]+)?$",
        description="E-mail address for questions on the data, as catalogues elsewhere show it.",
    )
    mail_server: str = Field(
        "",
        description="Mail server, as smtps://name:password@host:465; empty writes mail as files.",
    )
    mail_from: str = Field(
        "",
        pattern=r"^([^@\s]+@[^@\s]+)?$",
        description="E-mail address that messages to followers come from; empty is `contact`.",
    )
    tiles: str = Field("", description="Raster tile address {z}/{x}/{y}; empty draws own layers.")
    basemap: tuple[str, ...] = Field((), description="Ids of the city's own datasets drawn below.")
    addresses: str = Field(
        "", description="Id of the dataset of the city's own addresses or streets, for new files."
    )
    stops: str = Field(
        "", description="Id of the dataset of public transport stops, for alerts of road works."
    )
    works_datasets: dict[str, str] = Field(
        {},
        description="Datasets that hold road works, each with the language of its texts; each new "
        "version is taken into the register.",
    )
    works_events: tuple[str, ...] = Field(
        (), description="Ids of datasets of events, that road works should not get in the way of."
    )
    works_schools: str = Field("", description="Id of the dataset of schools, for road works.")
    school_region: str = Field(
        "", description="Region whose school holidays hold, as ISO 3166-2 has it: DE-NW."
    )
    works_rules: dict[str, float] = Field(
        {}, description="Rules by which road works are weighed that are not the usual ones."
    )
    upload_limit_mb: int = Field(512, gt=0, description="Largest upload, in megabytes.")
    unpacked_limit_mb: int = Field(4096, gt=0, description="Largest content of an archive.")
    folders: tuple[Path, ...] = Field(
        (), description="Folders, besides `inbox` of the city, that sources may read."
    )
    allow_hosts: tuple[str, ...] = Field((), description="Private hosts that may be fetched.")
    proxies: tuple[str, ...] = Field(
        ("127.0.0.1", "::1"),
        description="Addresses of reverse proxies whose X-Forwarded-For and -Proto are believed.",
    )
    country_header: str = Field(
        "",
        description="Header in which such a proxy says the reader's country, as CF-IPCountry; uses "
        "are then counted by region of the world. Empty: they are not.",
    )
    publish_usage: bool = Field(
        True, description="Whether each month's counted uses are published as a dataset."
    )
    statistics_before: str = Field(
        "portal-statistics-before",
        description="Id of the dataset with monthly statistics of the portal before this one, "
        "shown beside our own counts where it exists.",
    )
    inhabitants: int | None = Field(
        None, gt=0, description="Inhabitants of the city, to compare it with others per head."
    )
    value_shared: bool = Field(
        True, description="Whether other cities may fetch the sums of the page /value."
    )
    requests_per_minute: int = Field(600, gt=0, description="Anonymous requests per address.")

    @field_validator("timezone")
    @classmethod
    def _is_known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"“{value}” is no time zone; write one like Europe/Berlin")
        return value

    @field_validator("accent")
    @classmethod
    def _is_colour(cls, text: str) -> str:
        if not _COLOUR.fullmatch(text.strip()):
            raise ValueError(f"“{text}” is no colour: write oklch(0.50 0.10 200) or #007a87")
        return text.strip()

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.home / 'city.db'}"

    @property
    def url(self) -> str:
        """The portal's address where no request says it, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        home = init_settings().get("home")
        toml = TomlConfigSettingsSource(settings_cls, Path(home) / FILE) if home else None
        return (init_settings, env_settings, *((toml,) if toml else ()))


def read_settings(home: Path, **given: Any) -> Settings:
    """Settings of the city in `home`; what is `given` wins over variables, those over the file.

    Raises `Invalid` that names each wrong setting and what it should be.
    """
    wanted = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(home=home.resolve(), **wanted)
    except ValidationError as cause:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in cause.errors())
        raise Invalid(f"Settings of {home / FILE} cannot be used: {wrong}.") from cause
    except ValueError as cause:
        raise Invalid(f"{home / FILE} is no TOML: {cause}. Mend it or restore a backup.") from cause
