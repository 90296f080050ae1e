"""A segment that was being inserted when the process died is in each table once, at whatever moment it died."""

import signal

import pytest
from harness.spooled import acknowledge, counts, request, spool_of

from spanledger_sql.store import Store

# The engine writes a part under a name of its own, and renames it when it is whole.
KILL_AT_RENAME = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int seen;
static void count(const char *from) {
    if (strstr(from, "tmp_insert_") && ++seen == atoi(getenv("KILL_AT"))) kill(getpid(), SIGKILL);
}
int rename(const char *from, const char *to) {
    count(from);
    return ((int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename"))(from, to);
}
// chDB asks for its own C library before all others.
void *dlopen(const char *file, int flags) {
    return ((void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen"))(file, flags & ~RTLD_DEEPBIND);
}
"""


@pytest.mark.parametrize("rename", [1, 2, 3])
def test_a_kill_at_a_rename_of_a_part_leaves_each_span_once_in_each_table(migrated, committing, shim, rename):
    spool = spool_of(migrated)
    acknowledge(spool, *(request(first) for first in range(0, 100, 10)))
    spool.close()
    assert committing(LD_PRELOAD=shim(KILL_AT_RENAME), KILL_AT=str(rename)) == -signal.SIGKILL
    assert committing() == 0
    with Store.open(migrated, exclusive=True) as store:
        assert counts(store) == dict.fromkeys(("otel_traces", "llm_spans", "span_parent"), (100, 100))
    assert not list(migrated.spool.glob("*.*"))
