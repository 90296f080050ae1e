"""What a reader sees before the first call: how to make one."""

from __future__ import annotations

import streamlit as st

from spanledger_dashboards import moment, open_store
from spanledger_dashboards.drawing.style import caption
from spanledger_dashboards.report import answer
from spanledger_settings.figures import counted

_FIRST_CALL = """
import spanledger
from openai import OpenAI

spanledger.configure(service_name="my-app")

@spanledger.llm_call(tenant="acme", feature="summary")
def summarise(text: str):
    return OpenAI().chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": text}],
    )
"""


def page() -> None:
    """Say that the ledger is empty and how the first call gets into it."""
    st.title("No calls yet")
    if alone := open_store.tenant_alone():
        # Others' calls may be there: whether they are, and how calls are sent, is not for who sees one tenant alone.
        caption(
            f"The ledger has no call of {alone} yet. As soon as one arrives, this page shows its cost and emissions."
        )
        _look_again()
        return
    st.markdown(
        "The ledger is open and empty. As soon as a call arrives, this page shows what it cost and what it emitted."
    )
    _say_what_came_in()
    own, demo = st.columns(2, gap="large")
    with own:
        st.markdown("## Record a call of your own")
        st.code(_FIRST_CALL.strip(), language="python")
        st.caption(
            "Any OpenTelemetry GenAI instrumentation does as well: send OTLP to the node, port 4317 or 4318 unless it "
            "was told others."
        )
    with demo:
        st.markdown("## Or look at sample traffic")
        st.code("spanledger demo", language="bash")
        st.caption("In a clone of the project, `make demo` does the same.")
        _look_again()


def _look_again() -> None:
    if st.button("Look again", icon=":material/refresh:"):
        st.cache_data.clear()
        st.rerun()


def _say_what_came_in() -> None:
    """Tell of calls that arrived and are in no figure: the ledger is empty, but not for want of calls."""
    waiting, aside = moment.current().waiting, int(answer("operations/set_aside")["spans"].sum())
    if waiting or aside:
        st.warning(
            f"Not in the ledger: {counted(waiting, 'call')} waiting for the worker, {counted(aside, 'call')} set "
            "aside, which cannot be computed. 'spanledger doctor' says why.",
            icon=":material/warning:",
        )
    else:
        st.caption("Did you send some? 'spanledger doctor' says what listens, what came in and what was refused.")
