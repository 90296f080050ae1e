"""Makes the captures anew: real SDKs under real instrumentations, against a local provider, exporting real OTLP.

    python tests/sql/dialects/capture.py [--venvs FOLDER] [--to FOLDER] [NAME ...]

A NAME is the parts of one app, joined by a plus: instrumentations, and ways to run them ("rooted": each call beneath a
span of the app's own; "old": an older release; "latest": the newest conventions, opted in to; "v2": LiteLLM's second
tracer). Each set of instrumentations gets a venv of its own. A capture is a folder
`tests/fixtures/dialects/NAME-VERSION/` with one `CASE.pb` (an OTLP export request) a case, `truth.json` (what the
provider billed in each case) and `versions.txt`.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from recording_provider import recording_provider

HERE = Path(__file__).parent
FIXTURES = HERE.parents[1] / "fixtures" / "dialects"
SDKS = ["opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http", "openai", "anthropic", "httpx"]
# The first package of each gives the capture its version.
PACKAGES = {
    "official": ["opentelemetry-instrumentation-genai-openai", "opentelemetry-instrumentation-genai-anthropic"],
    "openai_v2": ["opentelemetry-instrumentation-openai-v2", "opentelemetry-util-genai<1.2"],
    "openllmetry": ["opentelemetry-instrumentation-openai", "opentelemetry-instrumentation-anthropic"],
    "openinference": ["openinference-instrumentation-openai", "openinference-instrumentation-anthropic"],
    "openlit": ["openlit", "opentelemetry-sdk<1.44"],
    "logfire": ["logfire"],
    "litellm": ["litellm", "mcp"],
    "langfuse": ["langfuse"],
    "pydantic_ai": ["pydantic-ai-slim[openai,anthropic]"],
    "anthropic": ["anthropic"],
}
# An older release, with the SDKs of its time.
OLD_PACKAGES = {
    "openllmetry": ["opentelemetry-instrumentation-openai==0.40.14", "opentelemetry-instrumentation-anthropic==0.40.14",
                    "openai<2", "anthropic<0.60", "setuptools<81"],
}  # fmt: skip
WAYS = {
    "rooted": {},
    "old": {},
    "latest": {"OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental"},
    "v2": {"LITELLM_OTEL_V2": "true"},
}
COMBINATIONS = [
    "openllmetry+openinference", "litellm+openllmetry", "litellm+openinference",
    "openllmetry+openinference+rooted", "litellm+openllmetry+rooted", "litellm+openinference+rooted",
    "logfire+rooted", "langfuse+rooted", "openlit+rooted", "anthropic+rooted", "litellm+v2", "litellm+v2+rooted",
    "litellm+v2+openllmetry", "gateway+litellm+openllmetry", "gateway+litellm+v2+openllmetry", "official+latest",
    "openai_v2+latest", "openllmetry+latest", "openllmetry+old",
]  # fmt: skip
VERCEL = ["ai@6", "@ai-sdk/openai@3", "@ai-sdk/anthropic@3", "@opentelemetry/api", "@opentelemetry/resources",
          "@opentelemetry/sdk-trace-node", "@opentelemetry/exporter-trace-otlp-proto"]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venvs", type=Path, default=Path.home() / ".cache" / "spanledger-dialects")
    parser.add_argument("--to", type=Path, default=FIXTURES)
    parser.add_argument("names", nargs="*", default=[*PACKAGES, *COMBINATIONS, "vercel"])
    options = parser.parse_args()
    failed = []
    for name in options.names:
        sys.stdout.write(f"{name}: capturing\n")
        try:
            sys.stdout.write(f"{name}: {capture(name, options.venvs, options.to)}\n")
        except (subprocess.SubprocessError, OSError, ValueError) as error:
            failed.append(name)
            sys.stderr.write(f"{name}: failed: {error}\n")
    if failed:
        sys.exit(f"not captured: {', '.join(failed)}")


def capture(name: str, venvs: Path, to: Path = FIXTURES) -> Path:
    """Capture one instrumentation, or parts joined by plusses; gives the new folder under `to`.

    Raises subprocess.SubprocessError where an install or the app fails, ValueError where a span holds a path of this
    machine.
    """
    venvs.mkdir(parents=True, exist_ok=True)
    if name == "vercel":
        return _capture_vercel(venvs, to)
    parts = name.split("+")
    packages = PACKAGES | (OLD_PACKAGES if "old" in parts else {})
    instrumentations = [part for part in parts if part in packages]
    venv = venvs / "+".join([*instrumentations, *({"old", "gateway"} & set(parts))])
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        wanted = [*SDKS, *(package for part in instrumentations for package in packages[part])]
        if "gateway" in parts:
            wanted.append("opentelemetry-instrumentation-httpx")
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted], check=True)
    frozen = subprocess.run([python, "-c", _LIST_VERSIONS], check=True, capture_output=True, text=True).stdout
    versions = dict(line.split("==") for line in frozen.splitlines())
    version = "+".join(versions[re.split(r"[\[=<]", packages[part][0])[0]] for part in instrumentations)
    title = "+".join(part for part in parts if part != "old")
    ways = {key: value for part in parts for key, value in WAYS.get(part, {}).items()}
    return _record(to / f"{title}-{version}", [str(python), str(HERE / "app.py"), name], versions, ways)


def _capture_vercel(venvs: Path, to: Path) -> Path:
    folder = venvs / "vercel"
    folder.mkdir(exist_ok=True)
    if not (folder / "node_modules").exists():
        subprocess.run(["npm", "install", "--prefix", folder, *VERCEL], check=True, capture_output=True)
    script = folder / "vercel_app.mjs"
    script.write_text((HERE / "vercel_app.mjs").read_text())
    versions = {
        package: json.loads((folder / "node_modules" / package / "package.json").read_text())["version"]
        for package in ("ai", "@ai-sdk/openai", "@ai-sdk/anthropic")
    }
    return _record(to / f"vercel-{versions['ai']}", ["node", str(script)], versions, {})


def _record(folder: Path, command: list[str], versions: dict[str, str], ways: dict[str, str]) -> Path:
    with recording_provider() as recording:
        subprocess.run(
            [*command, recording.url], check=True, timeout=600, env=os.environ | {"PYTHONWARNINGS": "ignore"} | ways
        )
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    truth = {}
    for name, case in recording.cases.items():
        # Requests joined end to end are one request with all their resource spans.
        (folder / f"{name}.pb").write_bytes(without_this_machine(b"".join(case.otlp)))
        truth[name] = case.calls
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    (folder / "versions.txt").write_text("".join(f"{name}=={versions[name]}\n" for name in sorted(versions)))
    return folder


def without_this_machine(body: bytes) -> bytes:
    """Leave out stack traces, hosts and processes, and the folders that packages are installed in.

    Raises ValueError where a path of this machine is left.
    """
    request = ExportTraceServiceRequest.FromString(body)
    for part in request.resource_spans:
        _keep(part.resource, lambda key: not _MACHINE.match(key))
        for span in (span for scope in part.scope_spans for span in scope.spans):
            span.status.message = _FOLDER.sub("", span.status.message)
            for holder in (span, *span.events):
                _keep(holder, lambda key: not _STACK.search(key))
                for item in holder.attributes:
                    if item.value.HasField("string_value"):
                        item.value.string_value = _FOLDER.sub("", item.value.string_value)
    cleaned = request.SerializeToString()
    for private in (f"{Path.home()}/", f"{HERE.parents[2]}/", "site-packages"):
        if private.encode() in cleaned:
            raise ValueError(f"a span holds {private!r}, which is this machine's")
    return cleaned


def _keep(holder: Any, wanted: Callable[[str], bool]) -> None:
    kept = [item for item in holder.attributes if wanted(item.key)]
    del holder.attributes[:]
    holder.attributes.extend(kept)


_MACHINE = re.compile(r"host\.|process\.|os\.|service\.version")
_FOLDER = re.compile(rf"(?:/[^\s\"':]*/site-packages|{re.escape(str(HERE))}|/[^\s\"':]*/lib/python3\.\d+)/")
_STACK = re.compile("stack_?trace|traceback|^code\\.")
_LIST_VERSIONS = """
from importlib.metadata import distributions
words = ("openai", "anthropic", "opentelemetry",
         "openinference", "openlit", "logfire", "litellm", "langfuse", "pydantic")
for name, version in sorted({(d.name.lower(), d.version) for d in distributions()}):
    if any(word in name for word in words):
        print(f"{name}=={version}")
"""

if __name__ == "__main__":
    main()
