#!/bin/sh
# Lays out the folders that questions.json asks about: FOLDER/git and FOLDER/sqlite (HTML pages), FOLDER/r (PDF manuals).
#
#     sh benchmarks/realdocs/fetch.sh FOLDER [UNPACKED]
#
# The documents come from three Debian packages, by apt-get download: no root needed, nothing gets installed. UNPACKED, a
# folder in which they have been unpacked before with dpkg-deb -x, saves the download.
set -eu
export LC_ALL=C

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo "usage: $0 FOLDER [UNPACKED]" >&2
    exit 2
fi
folder=$1
for name in git sqlite r; do
    if [ -e "$folder/$name" ]; then
        echo "expected a folder without git, sqlite and r, found $folder/$name: remove it, or name another folder" >&2
        exit 1
    fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ $# -eq 2 ]; then
    unpacked=$(cd "$2" && pwd)
else
    unpacked=$work/unpacked
    # apt leaves its rights for a user of its own, who may not write here.
    (cd "$work" && apt-get -q -o APT::Sandbox::User= download git-doc sqlite3-doc r-doc-pdf)
    for package in "$work"/*.deb; do
        dpkg-deb -f "$package" Package Version | paste -s -d ' ' -
        dpkg-deb -x "$package" "$unpacked"
    done
fi

# A link in these packages always names a page that is copied under its own name, so that real files are all there is.
copy() {
    source=$(find "$unpacked" -type d -path "*/usr/share/$1" | head -n 1)
    if [ -z "$source" ]; then
        echo "expected usr/share/$1 below $unpacked, found none: unpack the packages git-doc, sqlite3-doc, r-doc-pdf" >&2
        exit 1
    fi
    (cd "$source" && find . -type f -name "$3" ! -name '*refman.pdf') | while read -r page; do
        mkdir -p "$folder/$2/$(dirname "$page")"
        cp "$source/$page" "$folder/$2/$page"
    done
    echo "$2: $(find "$folder/$2" -type f | wc -l) files"
}
copy doc/git-doc git '*.html'
copy doc/sqlite3 sqlite '*.html'
copy R/doc/manual r '*.pdf'
