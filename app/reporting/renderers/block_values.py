"""Blocks of a paper as values for templates, and their ids. Charts are drawn in `html.py`, which loads fonts."""

import re
from dataclasses import fields
from typing import Any

from app.reporting.renderers.paper import Block, Grid


def plain_values(block: Block) -> dict[str, Any]:
    """The block as values, with its kind, and an id where it is a figure or a table."""
    values = {each.name: getattr(block, each.name) for each in fields(block)}
    if isinstance(block, Grid):
        values["of_texts"] = block.of_texts
    return {"kind": type(block).__name__.lower(), "id": block_id(values.get("key", "")), **values}


def block_id(key: str) -> str:
    """The key of a figure or table as an id: `CB16.a choice region` is `CB16.a-choice-region`."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", key)
