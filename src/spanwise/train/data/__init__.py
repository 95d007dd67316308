"""Check, mend and add to the SQuAD files that readers are trained on."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_attributes

if TYPE_CHECKING:
    from spanwise.train.data.checking import CheckReport, check
    from spanwise.train.data.fixing import FixReport, fix

__all__ = ["CheckReport", "FixReport", "check", "fix"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "CheckReport": "spanwise.train.data.checking",
        "FixReport": "spanwise.train.data.fixing",
        "check": "spanwise.train.data.checking",
        "fix": "spanwise.train.data.fixing",
    },
)
