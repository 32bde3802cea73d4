/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a fuzz target over all files of a directory (its corpus), as an ordinary test. */

#include "tests/fuzz/fuzz.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned run(int directory, const char *name) {
        static uint8_t data[1 << 20];
        int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        if (fd < 0 || (n = read(fd, data, sizeof(data))) < 0) {
                perror(name);
                exit(EXIT_FAILURE);
        }
        close(fd);
        LLVMFuzzerTestOneInput(data, (size_t)n);
        return 1;
}

int main(int argc, char **argv) {
        DIR *directory = argc > 1 ? opendir(argv[1]) : NULL;
        struct dirent *entry;
        unsigned n = 0;

        if (!directory) {
                fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
                return EXIT_FAILURE;
        }
        while ((entry = readdir(directory)))
                if (entry->d_name[0] != '.')
                        n += run(dirfd(directory), entry->d_name);
        closedir(directory);
        printf("%u inputs\n", n);
        return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
