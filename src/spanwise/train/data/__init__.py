"""Check, correct and add to the SQuAD files that readers are trained on."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.train.data.checking import CheckReport as CheckReport
    from spanwise.train.data.checking import check as check
    from spanwise.train.data.fixing import FixReport as FixReport
    from spanwise.train.data.fixing import fix as fix
    from spanwise.train.data.mining import MineReport as MineReport
    from spanwise.train.data.mining import mine as mine

__all__, __getattr__ = lazy_exports(__name__)
