#!/bin/sh
# Lays out the folder FOLDER/mixed that questions.json asks about: 31 documents of many kinds that other people wrote.
#
#     sh benchmarks/realdocs/fetch_mixed.sh FOLDER [CLONE]
#
# Eight come from Debian packages, by apt-get download: no root needed, nothing gets installed. The others are sample
# documents of the repository https://github.com/Unstructured-IO/unstructured; CLONE, a git directory of it, saves the clone.
set -eu
export LC_ALL=C
commit=3e5482bfcdc843b5218ad98d2845b4b71ab013b7

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo "usage: $0 FOLDER [CLONE]" >&2
    exit 2
fi
if [ -e "$1/mixed" ]; then
    echo "expected a folder without mixed, found $1/mixed: remove it, or name another folder" >&2
    exit 1
fi
mkdir -p "$1/mixed/office" "$1/mixed/debian"
office=$(cd "$1/mixed/office" && pwd)
debian=$(cd "$1/mixed/debian" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# apt leaves its rights for a user of its own, who may not write here.
(cd "$work" && apt-get -q -o APT::Sandbox::User= download \
    doc-debian chrony unattended-upgrades rsync privoxy mdadm rkhunter smartmontools)
for package in "$work"/*.deb; do
    dpkg-deb -f "$package" Package Version | paste -s -d ' ' -
    dpkg-deb -x "$package" "$work/unpacked"
done
doc=$work/unpacked/usr/share/doc
cp "$doc/debian/constitution.txt.gz" "$doc/mdadm/README.checkarray" "$doc/smartmontools/badblockhowto.html" "$debian"
cp "$work/unpacked/usr/share/man/man1/rsync.1.gz" "$debian"
cp "$doc/chrony/FAQ.gz" "$debian/chrony-FAQ.gz"
cp "$doc/privoxy/README.gz" "$debian/privoxy-README.gz"
cp "$doc/rkhunter/FAQ.gz" "$debian/rkhunter-FAQ.gz"
cp "$doc/unattended-upgrades/README.md.gz" "$debian/unattended-upgrades-README.md.gz"

if [ $# -eq 2 ]; then
    clone=$2
else
    clone=$work/clone
    git clone --quiet --bare --filter=blob:none https://github.com/Unstructured-IO/unstructured "$clone"
fi
for file in 2023-half-year-analyses-by-segment.xlsx csv-with-long-lines.csv docx-tables.docx eml/email-no-html-content-1.eml \
    eml/email-replace-mime-encodings-error-1.eml eml/family-day.eml example-10k-1p.html example-steelJIS-datasheet.html \
    fake-html-pre.htm handbook-872p.docx ideas-page.html norwich-city.txt pdf/a1977-backus-p21.pdf pdf/chevron-page.pdf \
    pdf/interface-config-guide-p93.pdf pdf/layout-parser-paper-fast.pdf pdf/multi-column.pdf pdf/reliance.pdf \
    sample-presentation.pptx science-exploration-1p.pptx \
    test_evaluate_files/gold_standard_cct/Performance-Audit-Discussion.pdf.txt vodafone.xlsx winter-sports.epub; do
    git --git-dir="$clone" show "$commit:example-docs/$file" > "$office/$(basename "$file")"
done
echo "mixed: $(find "$office" "$debian" -type f | wc -l) files"
