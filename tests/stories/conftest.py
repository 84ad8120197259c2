"""Fixtures of stories: a server that misbehaves as told."""

from tests.collect.conftest import origin

__all__ = ["origin"]
