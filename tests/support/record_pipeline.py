"""
Record what transformers' own question-answering pipeline returned.

    python tests/support/tiny_models.py TINY
    pip install --target T52 --no-deps 'transformers==5.2.0' 'huggingface_hub>=1.3,<2' 'tokenizers>=0.22,<0.23'
    PYTHONPATH=T52 python tests/support/record_pipeline.py TINY tests/compat/transformers-5.2.0.json

and the same with 'transformers==4.57.6' 'huggingface_hub<1' to transformers-4.57.6.json, with "electra albert
xlm-roberta" behind it: the last version that took positional arguments, and whose tokenizers had no errors in these two
(5.2.0 leaves out ALBERT's token types and one of XLM-RoBERTa's two separators).
"""

import json
import sys
from pathlib import Path

PACKAGED = Path(__file__).parents[2] / "src" / "spanwise" / "models" / "reader"
TINY = ("bert", "electra", "roberta", "distilbert", "mpnet", "deberta-v2")

QUESTION = "Which port does the server use?"
SHORT = "The server listens on port 8443 by default. Ana Ruiz has been the mayor since 2019."
LONG = (
    "The observatory opens its dome at dusk and closes it before dawn. The server listens on port 8443 by default.\n"
    "Ana Ruiz has been mayor since 2019; naïve façades, 東京, שלום עולם and 😀 stand here too.\n\n"
    "\tBackups are kept for thirty days; after that they are removed. It stands 1,200 meters above the sea. "
    "Where the hill ends, the mayor opens a port: who uses it? They are long, the days by the sea; at dawn a server "
    "is kept on the dome, and removed at dusk - since when? Is it 8,443 or 2,019 meters to the capital? "
)
MODEL_CARD = {
    "question": "Why is model conversion important?",
    "context": "The option to convert models between FARM and transformers gives freedom to the user and let people "
    "easily switch between frameworks.",
}
PAIR = {"question": QUESTION, "context": SHORT}
WINDOWS = {"question": QUESTION, "context": LONG, "max_seq_len": 64}

# name: (positional arguments, named arguments)
CASES = {
    "one": ([], PAIR),
    "top_k": ([], {**PAIR, "top_k": 5}),
    "top_k of windows": ([], {**WINDOWS, "doc_stride": 16, "top_k": 7}),
    "windows": ([], WINDOWS),
    "windows without overlap": ([], {**WINDOWS, "doc_stride": 0, "top_k": 3}),
    "large overlap": ([], {**WINDOWS, "doc_stride": 40, "top_k": 3}),
    "impossible": ([], {**PAIR, "handle_impossible_answer": True, "top_k": 2}),
    "impossible in windows": ([], {**WINDOWS, "handle_impossible_answer": True, "top_k": 6}),
    "one token": ([], {**PAIR, "max_answer_len": 1, "top_k": 4}),
    "long answers": ([], {**WINDOWS, "max_answer_len": 30, "top_k": 4}),
    "tokens": ([], {**PAIR, "align_to_words": False, "top_k": 4}),
    "tokens in windows": ([], {**WINDOWS, "align_to_words": False, "top_k": 4}),
    "one token, not a word": ([], {**PAIR, "align_to_words": False, "max_answer_len": 1}),
    "long question": ([], {"question": QUESTION * 12, "context": "Port 8443.", "max_question_len": 5, "top_k": 2}),
    "lists": ([], {"question": [QUESTION, "Who is the mayor?"], "context": [SHORT, LONG], "max_seq_len": 64}),
    "lists and top_k": ([], {"question": [QUESTION, "Who?"], "context": [SHORT, SHORT], "top_k": 2}),
    "list of one": ([], {"question": [QUESTION], "context": [SHORT]}),
    "one context": ([], {"question": [QUESTION, "Who is the mayor?"], "context": SHORT}),
    "one word": ([], {"question": QUESTION, "context": "dome", "top_k": 9}),
    "one word or none": ([], {"question": QUESTION, "context": "dome", "top_k": 9, "handle_impossible_answer": True}),
    "blank context": ([], {"question": QUESTION, "context": " \n"}),
    "blank context or none": ([], {"question": QUESTION, "context": " \n", "handle_impossible_answer": True}),
    "blank question": ([], {"question": " ", "context": SHORT}),
    "positional": ([PAIR], {}),
    "model card": ([MODEL_CARD], {}),
    "two positional": ([QUESTION, SHORT], {}),
    "positional list": ([[PAIR, MODEL_CARD]], {"top_k": 2}),
    "positional list of one": ([[PAIR]], {}),
    "positional table of lists": ([{"question": [QUESTION, "Who?"], "context": [SHORT, SHORT]}], {}),
    "several positional": ([PAIR, MODEL_CARD], {}),
    "empty list": ([[]], {}),
    "data": ([], {"data": PAIR}),
    "topk": ([], {**PAIR, "topk": 3}),
    "empty context": ([], {"question": QUESTION, "context": ""}),
    "empty question": ([], {"question": "", "context": SHORT}),
    "no context": ([], {"question": QUESTION}),
    "nothing": ([], {}),
    "None": ([], {"question": QUESTION, "context": None}),
    "None in a table": ([{"question": None, "context": SHORT}], {}),
    "number": ([5], {}),
    "text": ([SHORT], {}),
    "table without context": ([{"question": QUESTION}], {}),
    "table with more": ([{**PAIR, "id": 3}], {}),
    "fewer contexts": ([], {"question": [QUESTION, QUESTION], "context": [SHORT]}),
    "list of contexts": ([], {"question": QUESTION, "context": [SHORT]}),
    "top_k of 0": ([], {**PAIR, "top_k": 0}),
    "max_answer_len of 0": ([], {**PAIR, "max_answer_len": 0}),
    "doc_stride too large": ([], {**WINDOWS, "doc_stride": 65}),
    "no room to move on": ([], {**WINDOWS, "doc_stride": 60}),
    "question too long": ([], {"question": QUESTION * 30, "context": LONG, "max_seq_len": 64}),
    "windows too long": ([], {"question": QUESTION, "context": LONG * 9, "max_seq_len": 700}),
}


def outcome(nlp, arguments, named):
    """What a call returns, or the name of what it raises."""
    try:
        return nlp(*arguments, **named)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the tokenizers library panics
        return {"raises": type(error).__name__}


def main():
    import tokenizers
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    models = {"packaged": PACKAGED, **{name: Path(sys.argv[1]) / name for name in sys.argv[3:] or TINY}}
    versions = {module.__name__: module.__version__ for module in (transformers, tokenizers, torch)}
    results = {}
    for name, folder in models.items():
        nlp = transformers.pipeline("question-answering", model=str(folder), dtype=torch.float32, device=-1)
        results[name] = {case: outcome(nlp, *call) for case, call in CASES.items()}
    text = json.dumps({"versions": versions, "results": results}, indent=1, ensure_ascii=False)
    Path(sys.argv[2]).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
