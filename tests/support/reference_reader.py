"""A plain, slow, obviously right reader: transformers' own tokenizer and model, a window at a time, every span."""

from dataclasses import dataclass

import numpy as np

from spanwise.read.passages import block_starts

# Which architectures were trained with token types, from their papers and configurations.
WITH_TYPES = frozenset({"bert", "electra", "mobilebert", "albert", "big_bird", "xlnet"})


@dataclass(frozen=True)
class ReferenceSpan:
    start: int
    end: int
    start_logit: float
    end_logit: float
    null_logit: float
    margin: float


def greedy(candidates, top_k):
    """Take spans by falling margin, leaving out each that shares a character with one taken before."""
    taken = []
    for span in candidates:  # sorted: highest margin first
        if all(span.end <= other.start or other.end <= span.start for other in taken):
            taken.append(span)
    return taken[:top_k]


class ReferenceReader:
    def __init__(self, folder, architecture, *, max_seq_length=64, stride=16, max_answer_length=30):
        import torch
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForQuestionAnswering.from_pretrained(folder, dtype=torch.float32).eval()
        self.with_types = architecture in WITH_TYPES
        self.question_first = self.tokenizer.padding_side == "right"
        self.sizes = {"max_length": max_seq_length, "stride": stride}
        self.max_answer_length = max_answer_length

    def encode(self, question, passage):
        """Encode a pair as transformers' fine-tuning scripts do."""
        texts = (question, passage) if self.question_first else (passage, question)
        return self.tokenizer(
            *texts,
            truncation="only_second" if self.question_first else "only_first",
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_token_type_ids=True,
            **self.sizes,
        )

    def passage_positions(self, encoded, number):
        side = 1 if self.question_first else 0
        return [index for index, found in enumerate(encoded.sequence_ids(number)) if found == side]

    def null_position(self, encoded, number):
        ids, special = encoded["input_ids"][number], encoded.sequence_ids(number)
        places = [i for i, found in enumerate(special) if found is None and ids[i] == self.tokenizer.cls_token_id]
        return places[0] if places else 0

    def logits(self, encoded, number):
        """Run one window alone, unpadded. *Shape:* (2, n_tokens)."""
        import torch

        names = ["input_ids", "attention_mask", *(["token_type_ids"] if self.with_types else [])]
        with torch.inference_mode():
            output = self.model(**{name: torch.tensor([encoded[name][number]]) for name in names})
        return np.stack([output.start_logits[0].double().numpy(), output.end_logits[0].double().numpy()])

    def spans(self, question, passage):
        """All spans of all windows, highest margin first."""
        encoded = self.encode(question, passage)
        borders = block_starts(passage)
        found = []
        for number in range(len(encoded["input_ids"])):
            start, end = self.logits(encoded, number)
            null = self.null_position(encoded, number)
            inside = self.passage_positions(encoded, number)
            offsets = encoded["offset_mapping"][number]
            for first in inside:
                for last in range(first, min(first + self.max_answer_length, inside[-1] + 1)):
                    text = passage[offsets[first][0] : offsets[last][1]]
                    if not any(character.isalnum() or character == "😀" for character in text):
                        continue  # nothing is said by punctuation alone
                    begin = offsets[first][0] + len(text) - len(text.lstrip())
                    if any(begin < border < begin + len(text.strip()) for border in borders):
                        continue
                    found.append(
                        ReferenceSpan(
                            begin,
                            begin + len(text.strip()),
                            start[first],
                            end[last],
                            start[null] + end[null],
                            start[first] + end[last] - (start[null] + end[null]),
                        )
                    )
        return sorted(found, key=lambda span: -span.margin)

    def read(self, question, passage, *, top_k):
        return greedy(self.spans(question, passage), top_k)
