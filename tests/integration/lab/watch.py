# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is put into a directory, however short it stays: inotify(7), which the standard library has not got."""

import ctypes
import os
import struct

IN_MOVED_TO = 0x80
IN_CLOEXEC_NONBLOCK = os.O_CLOEXEC | os.O_NONBLOCK


class DirectoryWatch:
    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd = libc.inotify_init1(IN_CLOEXEC_NONBLOCK)
        if self._fd < 0 or libc.inotify_add_watch(self._fd, path.encode(), IN_MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def names(self):
        """Names of the files that were renamed into the directory since the last call."""
        found = []
        try:
            data = os.read(self._fd, 65536)
        except BlockingIOError:
            return found
        while data:
            size = struct.unpack("=iIII", data[:16])[3]
            found.append(data[16 : 16 + size].rstrip(b"\0").decode())
            data = data[16 + size :]
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._fd)
