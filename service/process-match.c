/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the comparison of a process with what the configuration says of it, as keepalived makes it. Must not
 * know: where the process is. */

#include "service/process-match.h"

/* Compares word by word. *ret_more: the process has more words than the command. */
static bool has_words(char *const *command, const char *line, size_t size, bool last_may_be_longer,
                bool *ret_more) {
        const char *end = line + size;

        for (; *command; command++) {
                size_t n = strlen(*command), length;

                if (line >= end)
                        return false;
                length = strnlen(line, (size_t)(end - line));
                if (strncmp(line, *command, n) != 0 || length < n)
                        return false;
                if (length > n && !(last_may_be_longer && !command[1]))
                        return false;
                line += length + 1;
        }
        *ret_more = line < end;
        return true;
}

bool process_matches(ConfigProcessMatch match, char *const *command, const char *name,
                const char *command_line, size_t size) {
        char *first[] = {command[0], NULL};
        bool more;

        switch (match) {
        case CONFIG_MATCH_NAME:
                return strncmp(name, command[0], PROCESS_NAME_MAX) == 0;
        case CONFIG_MATCH_COMMAND:
                return has_words(first, command_line, size, false, &more);
        case CONFIG_MATCH_EXACT:
                return has_words(command, command_line, size, false, &more) && !more;
        case CONFIG_MATCH_PARTIAL:
                return has_words(command, command_line, size, false, &more);
        case CONFIG_MATCH_INITIAL:
                return has_words(command, command_line, size, true, &more);
        }
        return false;
}
