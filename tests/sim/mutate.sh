#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# mutate.sh INPUT OUTPUT SED-EXPRESSION: copies a source with one deliberate mistake; fails if the expression no longer
# finds its place, so that a mutant cannot silently become the original.
set -eu
sed -e "$3" "$1" >"$2"
if cmp -s "$1" "$2"; then
        echo "mutate.sh: '$3' changes nothing in $1" >&2
        exit 1
fi
