"""What OpenAPI says of the service is so: requests made of it, good and bad, get the replies that it describes."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection

from serving import served
from spanwise.serve.library import document_id
from spanwise.serve.settings import ServeSettings

pytestmark = pytest.mark.slow
IDENTITIES = [
    document_id(name) for name in ("procedures/mirror-recoating.md", "manuals/sollinger-operating-manual.pdf")
]


@pytest.fixture(scope="module")
def description(sample_index, tmp_path_factory):
    feedback = tmp_path_factory.mktemp("feedback") / "verdicts.jsonl"
    with served(ServeSettings(index=sample_index, port=0, rate=0, timeout=300, feedback=feedback)) as url:
        yield schemathesis.openapi.from_url(f"{url}/openapi.json")


described = schemathesis.pytest.from_fixture("description")


@described.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_replies_are_those_that_are_described(case):
    case.call_and_validate()


@described.include(path_regex="^/documents/").parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_documents_that_there_are(case):
    for identity in IDENTITIES:
        case.path_parameters["identity"] = identity
        case.call_and_validate(excluded_checks=[negative_data_rejection])
