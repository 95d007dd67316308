import json
import shutil


def test_export_reports_the_agreement(spanwise, bert_reader, tmp_path):
    out = tmp_path / "out"
    ran = spanwise("export", bert_reader, "--out", out)
    assert (ran.code, ran.err) == (0, "")
    exact, fast = ran.out.splitlines()
    assert exact.startswith(f"{out / 'graph.onnx'}: fp32, ")
    assert "same best span in" in exact
    assert fast.startswith(f"{out / 'graph.int8.onnx'}: int8, ")


def test_export_as_json(spanwise, bert_reader, tmp_path):
    folder = shutil.copytree(bert_reader, tmp_path / "bert")
    (graph,) = json.loads(spanwise("export", folder, "--precision", "int8", "--json").out)["graphs"]
    assert (graph["precision"], graph["file"], graph["kept"]) == ("int8", str(folder / "graph.int8.onnx"), True)
    assert graph["agreement"]["same_best"] <= graph["agreement"]["windows"]


def test_export_says_what_is_wrong_in_a_line(spanwise, tmp_path):
    ran = spanwise("export", tmp_path / "nothing")
    assert ran.code == 2
    assert ran.err.startswith("spanwise: expected a model folder, found")
    assert ran.err.count("\n") == 1
    assert spanwise("export", "default", "--precision", "int4").code == 2


def test_the_help_names_the_extra_with_its_brackets(spanwise):
    assert "pip install 'spanwise[onnx]'" in spanwise("export", "--help").out
