"""On which terms published data may be used, who publishes it, and where it stands: values of the platform's settings,
handed to renderers beside a release. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Terms:
    """`licence` is an SPDX name. `address` is that of the site, without a slash at its end."""

    licence: str = "CC-BY-4.0"
    licence_title: str = "Creative Commons Attribution 4.0 International"
    licence_url: str = "https://creativecommons.org/licenses/by/4.0/"
    publisher: str = "Council Working Group on Child Online Protection, International Telecommunication Union"
    publisher_url: str = "https://www.itu.int/"
    address: str = "http://127.0.0.1:8000"
