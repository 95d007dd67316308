"""What a process of a cluster does, without a cluster."""

import os
from dataclasses import replace

import numpy as np
import pytest

from spanwise.convert.limits import Limits
from spanwise.embed.load import load_encoder
from spanwise.errors import SpanwiseError
from spanwise.index.roots import Root
from spanwise.pipeline.sync.scan import scan_target
from spanwise.pipeline.sync.targets import Target
from spanwise.scale.tasks import Job, Request, Station, convert_files, embed_texts, station_for
from spanwise.split.splitter import Splitter, SplitterSettings


def files_in(folder):
    return scan_target(Target(Root("papers", str(folder))), folder / "index").files


@pytest.fixture(scope="module")
def encoder():
    return load_encoder()


@pytest.fixture(scope="module")
def job(encoder):
    settings = SplitterSettings()
    tokenizer = Splitter(encoder.tokenizer, settings).serialized()
    job = Job("a sync", encoder.identity, "cpu", settings, tokenizer, Limits())
    yield job
    station_for(job).close()


def test_files_are_converted_and_split_in_their_order(job, folder):
    found = files_in(folder)
    replies = convert_files(job, [Request(file) for file in found])
    assert [reply.found for reply in replies] == found
    broken, *texts = replies
    assert broken.source is None
    assert "PDF" in broken.reason
    for reply in texts:
        assert reply.source.text == reply.found.path.read_text(encoding="utf-8")
        assert len(reply.passages) > 5
        assert all(one.text == reply.source.text[one.start : one.end] for one in reply.passages)


def test_a_file_that_a_machine_does_not_have_is_asked_for(job, folder, tmp_path):
    found = files_in(folder)[1]
    content = found.path.read_bytes()
    elsewhere = replace(found, path=tmp_path / "no" / found.path.name)
    os.utime(found.path)
    assert convert_files(job, [Request(elsewhere), Request(found)]) == [None, None]
    (converted,) = convert_files(job, [Request(elsewhere, content, is_sent=True)])
    assert converted.source.text == content.decode()
    assert converted.source.file == found.file


def test_a_file_that_is_nowhere_is_skipped_with_the_reason(job, folder, tmp_path):
    gone = replace(files_in(folder)[1], path=tmp_path / "gone.txt")
    (converted,) = convert_files(job, [Request(gone, is_sent=True)])
    assert converted.source is None
    assert "no such file" in converted.reason


def test_vectors_are_those_of_the_embedder(job, encoder):
    texts = ["The dome opens at dusk.", "Backups are kept for thirty days. " * 20, "8443"]
    assert np.allclose(embed_texts(job, texts), encoder.encode(texts), atol=1e-5)


def test_a_process_keeps_what_it_has_for_one_job(job):
    station = station_for(job)
    assert station_for(replace(job)) is station
    try:
        assert station_for(replace(job, key="another sync")) is not station
    finally:
        station_for(job)


def test_a_machine_with_another_version_or_embedder_is_refused(job):
    with pytest.raises(SpanwiseError, match=r"expected spanwise 0\.0\.1 .* install the same version on all of them"):
        Station(replace(job, made_with=("0.0.1", job.made_with[1])))
    other = replace(job.embedder, fingerprint="0" * 64)
    with pytest.raises(SpanwiseError, match=r"expected the embedder .* on every machine, found .* copy the model"):
        _ = Station(replace(job, embedder=other)).encoder
