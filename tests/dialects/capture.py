"""Makes the captures anew: real SDKs under real instrumentations, against a local provider, exporting real OTLP.

    python tests/dialects/capture.py [--venvs FOLDER] [NAME ...]

Each instrumentation gets a venv of its own with the newest release. A capture is a folder
`tests/fixtures/dialects/NAME-VERSION/` with one `CASE.pb` (an OTLP export request) a case, `truth.json` (what the
provider billed in each case) and `versions.txt`.
"""

import argparse
import contextlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from recording_provider import recording_provider

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures" / "dialects"
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
# Two instrumentations in one app.
COMBINATIONS = ["openllmetry+openinference", "litellm+openllmetry", "litellm+openinference"]
VERCEL = ["ai@6", "@ai-sdk/openai@3", "@ai-sdk/anthropic@3", "@opentelemetry/api", "@opentelemetry/resources",
          "@opentelemetry/sdk-trace-node", "@opentelemetry/exporter-trace-otlp-proto"]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venvs", type=Path, default=Path.home() / ".cache" / "spanledger-dialects")
    parser.add_argument("names", nargs="*", default=[*PACKAGES, *COMBINATIONS, "vercel"])
    options = parser.parse_args()
    options.venvs.mkdir(parents=True, exist_ok=True)
    for _name in options.names:
        with contextlib.suppress(subprocess.SubprocessError):
            pass


def capture(name: str, venvs: Path) -> Path:
    """Capture one instrumentation, or two joined by a plus; gives the folder."""
    if name == "vercel":
        return _capture_vercel(venvs)
    python = venvs / name / "bin" / "python"
    parts = name.split("+")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venvs / name], check=True)
        wanted = [*SDKS, *(package for part in parts for package in PACKAGES[part])]
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted], check=True)
    frozen = subprocess.run([python, "-c", _LIST_VERSIONS], check=True, capture_output=True, text=True).stdout
    versions = dict(line.split("==") for line in frozen.splitlines())
    version = "+".join(versions[PACKAGES[part][0].split("[")[0]] for part in parts)
    return _record(f"{name}-{version}", [str(python), str(HERE / "app.py"), name], versions)


def _capture_vercel(venvs: Path) -> Path:
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
    return _record(f"vercel-{versions['ai']}", ["node", str(script)], versions)


def _record(title: str, command: list[str], versions: dict[str, str]) -> Path:
    folder = FIXTURES / title
    with recording_provider() as recording:
        subprocess.run([*command, recording.url], check=True, timeout=180)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    truth = {}
    for name, case in recording.cases.items():
        # Requests joined end to end are one request with all their resource spans.
        (folder / f"{name}.pb").write_bytes(_without_stacks(b"".join(case.otlp)))
        truth[name] = case.calls
    (folder / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    (folder / "versions.txt").write_text("".join(f"{name}=={versions[name]}\n" for name in sorted(versions)))
    return folder


def _without_stacks(body: bytes) -> bytes:
    """Leave out stack traces: they hold paths of the machine that made the capture."""
    request = ExportTraceServiceRequest.FromString(body)
    for span in (span for part in request.resource_spans for scope in part.scope_spans for span in scope.spans):
        for holder in (span, *span.events):
            kept = [item for item in holder.attributes if not _STACK.search(item.key)]
            del holder.attributes[:]
            holder.attributes.extend(kept)
    return request.SerializeToString()


_STACK = re.compile("stack_?trace|^code\\.")
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
