"""A running central store for every scenario that asks for one."""

from support.live_hub import live_hub

__all__ = ["live_hub"]
