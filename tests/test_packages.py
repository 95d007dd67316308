from importlib import metadata

import pytest

from spanwise.packages import package_versions


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Have only these packages installed: for each its modules."""

    def only(**packages):
        for package, modules in packages.items():
            folder = tmp_path / f"{package}-1.2.dist-info"
            folder.mkdir()
            (folder / "METADATA").write_text(
                f"Metadata-Version: 2.1\nName: {package.replace('_', '-')}\nVersion: 1.2\n"
            )
            (folder / "top_level.txt").write_text("\n".join(modules))
        monkeypatch.setattr("sys.path", [str(tmp_path)])

    return only


def test_a_module_is_found_whatever_its_package_is_called(installed):
    installed(onnxruntime_gpu=["onnxruntime"], torch=["torch", "torchgen"])
    assert package_versions(["onnxruntime", "torch", "faiss"]) == {"onnxruntime-gpu": "1.2", "torch": "1.2"}


def test_both_of_two_packages_with_one_module_are_told(installed):
    installed(onnxruntime=["onnxruntime"], onnxruntime_gpu=["onnxruntime"])
    assert package_versions(["onnxruntime"]) == {"onnxruntime": "1.2", "onnxruntime-gpu": "1.2"}


def test_what_is_installed_here():
    found = package_versions(["faiss", "onnxruntime", "torch", "transformers"])
    assert found["torch"] == metadata.version("torch")
    assert len(found) == 4
