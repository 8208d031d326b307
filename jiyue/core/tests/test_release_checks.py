"""What every release passes before it goes out: the analysis of its own code (SEC-06)."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit
ROOT = Path(__file__).resolve().parents[3]
DANGEROUS = (
    "import pickle, subprocess\n"
    "def f(text, data):\n"
    "    eval(text)\n"
    "    pickle.loads(data)\n"
    "    subprocess.run(text, shell=True)\n"
)


@pytest.mark.req("SEC-06")
def test_dangerous_code_does_not_pass_the_check_that_every_release_passes():
    check = re.search(r"^check:(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert check is not None
    assert "lint" in check[1].split()
    assert "test" in check[1].split()
    name = str(ROOT / "jiyue" / "core" / "sample.py")
    options = ["--no-cache", "--output-format=concise", "--stdin-filename", name, "-"]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *options],
        input=DANGEROUS,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 1
    assert {"S307", "S301", "S602"} <= set(re.findall(r"\bS\d{3}\b", done.stdout))
