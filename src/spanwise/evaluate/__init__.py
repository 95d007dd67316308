"""Measures and reports: SQuAD's official metric, a reader alone, a whole corpus, and the fit of its confidences."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.evaluate.calibrating import calibrate as calibrate
    from spanwise.evaluate.corpus import CorpusEvaluation as CorpusEvaluation
    from spanwise.evaluate.corpus import Settings as Settings
    from spanwise.evaluate.document import make_document as make_document
    from spanwise.evaluate.document import result_of as result_of
    from spanwise.evaluate.reader import evaluate_reader as evaluate_reader
    from spanwise.evaluate.report import write_report as write_report
    from spanwise.evaluate.squad_metric import score_predictions as score_predictions
    from spanwise.evaluate.squad_metric import squad_metrics as squad_metrics

__all__, __getattr__ = lazy_exports(__name__)
