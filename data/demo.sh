#!/bin/sh
# Index the sample documents and ask four questions of them; the last has no answer there.
set -eu
index=data/sample.spanwise

run() {
    printf '\n$ spanwise'
    for word in "$@"; do
        case $word in
            *' '*) printf ' "%s"' "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    spanwise "$@"
}

run index data/sample --index "$index"
run ask "How cold does the detector of the Quillon camera have to be before observing?" --index "$index"
run ask "What did the lightning hit on 17 July 2022?" --index "$index"
run ask "How tall is the mast of the weather station?" --index "$index"
run ask "In what year was Margit Sollinger born?" --index "$index"
