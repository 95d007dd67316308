from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
PRINTED = {
    "01_ask_a_folder": "'-85 degrees Celsius'",
    "02_evaluate_and_calibrate": "How long is the bridge at Dover? False 622",
    "03_train_a_reader": "done already: True",
}


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_notebook_runs(notebook):
    content = nbformat.read(notebook, as_version=4)
    client = NotebookClient(
        content, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(notebook.parent)}}
    )
    client.execute()
    printed = "".join(output.get("text", "") for cell in content.cells for output in cell.get("outputs", []) if output)
    assert PRINTED[notebook.stem] in printed
