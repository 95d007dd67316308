"""Which models were never trained to say "no answer"."""

from spanwise.calibration import Calibration

# Fine-tuned on SQuAD 1.1, whose questions all have an answer; by their names on the hub.
WITHOUT_NULL_ANSWER = frozenset(
    {
        "valhalla/electra-base-discriminator-finetuned_squadv1",
        "valhalla/bart-large-finetuned-squadv1",
        "valhalla/longformer-base-4096-finetuned-squadv1",
        "distilbert/distilbert-base-cased-distilled-squad",
        "distilbert/distilbert-base-uncased-distilled-squad",
        "distilbert-base-cased-distilled-squad",
        "distilbert-base-uncased-distilled-squad",
        "google-bert/bert-large-cased-whole-word-masking-finetuned-squad",
        "google-bert/bert-large-uncased-whole-word-masking-finetuned-squad",
        "bert-large-cased-whole-word-masking-finetuned-squad",
        "bert-large-uncased-whole-word-masking-finetuned-squad",
        "csarron/bert-base-uncased-squad-v1",
        "csarron/mobilebert-uncased-squad-v1",
        "csarron/roberta-base-squad-v1",
    }
)


def has_null_answer(model: str, calibration: Calibration, stated: bool | None) -> bool:
    """
    Tell whether a model was trained to say "no answer".

    :param model: A hub name or a folder.
    :param calibration: The model's own; its "null_answer" counts where nothing is stated.
    :param stated: What the caller says; None leaves it to the calibration and to what is known of hub names.
    """
    if stated is not None:
        return stated
    return calibration.null_answer and model not in WITHOUT_NULL_ANSWER
