"""A ledger of a day's calls of the real trace by the real pipeline, with real hours of the grid."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from spanledger_collector.spool import length_prefixed
from spanledger_enrich.grid_intensity import read_electricity_maps
from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_node import trace_file
from spanledger_node.cli import app
from spanledger_node.workload import Workload
from spanledger_sql.configuration import Configuration, load
from spanledger_sql.migrations import migrate
from spanledger_sql.store import Store

