# SPDX-License-Identifier: LGPL-2.1-or-later
# What tools/demo and tools/test share; sourced by them. They run in the foreground, leave nothing behind
# but packages and the system user, and end at once on Ctrl-C or SIGTERM.
# shellcheck shell=sh

top=$(cd "$(dirname "$0")/.." && pwd)
work=
child=

# Work is done in a directory of its own, which goes away at the end. VRRPD_BUILD_DIR names one to be used
# and kept.
make_work() {
        if [ -n "${VRRPD_BUILD_DIR:-}" ]; then
                work=$VRRPD_BUILD_DIR
                mkdir -p "$work"
        else
                work=$(mktemp -d /tmp/vrrpd.XXXXXX)
                # The daemon runs as another user, and a sanitizer's report reads the program.
                chmod 755 "$work"
        fi
}

leave() {
        status=$?
        trap - EXIT INT TERM HUP
        if [ -n "$child" ]; then
                kill -TERM "$child" 2>/dev/null || :
                wait "$child" 2>/dev/null || :
        fi
        [ -z "$work" ] || [ -n "${VRRPD_BUILD_DIR:-}" ] || rm -rf "$work"
        exit "$status"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Runs a command so that a signal to this shell is handled while it runs (a foreground child would hold it
# up).
run() {
        "$@" &
        child=$!
        status=0
        wait "$child" || status=$?
        child=
        return "$status"
}

# quietly LOG COMMAND...: shows what was said only if it failed.
quietly() {
        log=$1
        shift
        run "$@" >"$log" 2>&1 && return 0
        cat "$log" >&2
        echo "failed: $*" >&2
        return 1
}

need_root() {
        [ "$(id -u)" = 0 ] && return 0
        echo "$0: network namespaces and a second user are needed: run this as root" >&2
        return 1
}

# build DIRECTORY OPTION...
build() {
        directory=$1
        shift
        if [ -d "$directory/meson-info" ]; then
                quietly "$directory.log" meson setup --reconfigure "$@" "$directory" "$top" || return
        else
                quietly "$directory.log" meson setup "$@" "$directory" "$top" || return
        fi
        quietly "$directory.log" ninja --quiet -C "$directory" || return
}

# What the integration tests and the demonstration are told of a build.
use_build() {
        export VRRPD="$1/vrrpd" VRRPD_SCRIPTS="$1/vrrpd-scripts" VRRPCTL="$1/vrrpctl"
}
