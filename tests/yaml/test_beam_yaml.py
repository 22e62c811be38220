"""The example in Beam YAML, run by Beam YAML itself. It needs the extra `yaml`: `make test-slow` has an environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_examples import EXAMPLES, PAGES, check_stories, rows

pytestmark = pytest.mark.slow
REASON = "the extra is not installed here: `make test-yaml` runs this in .tools/yaml"
pytest.importorskip("docstring_parser", reason=REASON)
pytest.importorskip("pandas", reason=REASON)


def test_the_yaml_pipeline_gives_what_the_python_one_does(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "apache_beam.yaml.main", f"--yaml_pipeline_file={EXAMPLES / 'pipeline.yaml'}"]
    variables = json.dumps({"pages": str(PAGES), "out": str(tmp_path)})
    command += ["--runner=FnApiRunner", f"--jinja_variables={variables}"]
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parent)}
    done = subprocess.run(command, cwd=EXAMPLES.parent, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    check_stories(rows(tmp_path, "articles"), rows(tmp_path, "rejected"))
