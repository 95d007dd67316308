"""English words too common to tell one passage from another; a lexical query leaves them out."""

_WORDS = """
a about above after again against all also am an and any are as at be because been before being below between both
but by can could did do does doing done down during each few for from further get gets give given had has have
having he her here hers herself him himself his how i if in into is it its itself just let me might more most must
my myself no nor not now of off on once only or other our ours ourselves out over own please same shall she should
so some such tell than that the their theirs them themselves then there these they this those through to too under
until up upon us very was we were what when where whether which while who whom whose why will with within without
would you your yours yourself yourselves
"""

STOP_WORDS = frozenset(_WORDS.split())
