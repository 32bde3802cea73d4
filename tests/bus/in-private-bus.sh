#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
#     in-private-bus.sh POLICY-DIRECTORY PROGRAM [ARGUMENT...]
#
# Runs PROGRAM in namespaces of its own (mount, network, process ids, ipc) where it may start a system bus and polkitd
# without touching those of the host: /run is empty, vrrpd's files of POLICY-DIRECTORY are installed, the user
# vrrpd exists, and nothing is started by activation. PROGRAM starts the bus itself, as tests stop and restart it. Everything
# made here ends with the namespaces. Needs root, dbus-daemon and polkitd; without them it fails.
set -euo pipefail

if [ "${1:-}" != --inside ]; then
        if [ "$(id -u)" != 0 ]; then
                echo "in-private-bus.sh: needs root" >&2
                exit 1
        fi
        exec unshare --mount --net --pid --ipc --fork --kill-child --mount-proc --propagation private \
                bash "$0" --inside "$@"
fi
shift
policy=$1
shift

fail() {
        echo "in-private-bus.sh: $*" >&2
        exit 1
}
command -v dbus-daemon >/dev/null || fail "dbus-daemon is missing (package dbus-daemon)"
[ -x /usr/lib/polkit-1/polkitd ] || fail "polkitd is missing (package polkitd)"

ip link set lo up
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/dbus /run/systemd/journal /run/test

# A copy of a directory that can be written to, in its place.
private() {
        local copy=/run/test/copies$1
        mkdir -p "$copy" "$1"
        cp -a "$1/." "$copy/"
        chown --reference="$1" "$copy"
        chmod --reference="$1" "$copy"
        mount --bind "$copy" "$1"
}
private /usr/share/polkit-1/actions
private /usr/share/dbus-1/system.d
private /usr/share/dbus-1/system-services
private /etc/polkit-1/rules.d
rm -f /usr/share/dbus-1/system-services/* /etc/polkit-1/rules.d/*vrrpd*
install -m 644 "$policy/org.vrrpd.vrrp1.policy" /usr/share/polkit-1/actions/
install -m 644 "$policy/org.vrrpd.Vrrp1.conf" /usr/share/dbus-1/system.d/

cp /etc/passwd /etc/group /run/test/
if ! getent passwd vrrpd >/dev/null; then
        echo 'vrrpd:x:64118:64118:vrrpd:/:/usr/sbin/nologin' >>/run/test/passwd
        echo 'vrrpd:x:64118:' >>/run/test/group
fi
mount --bind /run/test/passwd /etc/passwd
mount --bind /run/test/group /etc/group

unset DBUS_SYSTEM_BUS_ADDRESS DBUS_SESSION_BUS_ADDRESS NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID JOURNAL_STREAM
# Not exec: as process 1 of its namespace a program would not die of an abort().
"$@"
