"""Check, mend and add to the SQuAD files that readers are trained on."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_attributes

if TYPE_CHECKING:
    from spanwise.train.data.checking import CheckReport, check
    from spanwise.train.data.fixing import FixReport, fix
    from spanwise.train.data.mining import MineReport, mine

__all__ = ["CheckReport", "FixReport", "MineReport", "check", "fix", "mine"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "CheckReport": "spanwise.train.data.checking",
        "FixReport": "spanwise.train.data.fixing",
        "MineReport": "spanwise.train.data.mining",
        "check": "spanwise.train.data.checking",
        "fix": "spanwise.train.data.fixing",
        "mine": "spanwise.train.data.mining",
    },
)
