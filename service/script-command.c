/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: reading the text of a check: is it shell syntax, which words has it, which programs does it name.
 * Must not know: who runs it and when. The text comes from the configuration file. A plain command needs no
 * shell, which saves a process for each run; whatever is not certainly plain goes to the shell, so that its
 * meaning is the shell's. */

#include "service/script-command.h"
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#define BLANKS " \t\n"
#define SHELL_SYNTAX ";&|<>()$`\\*?[]{}~#!\n"
#define WORDS_MAX 256

/* Not programs, or not only: a plain command beginning with one of these is the shell's. */
static const char *const builtins[] = {
                ".",
                ":",
                "case",
                "cd",
                "command",
                "eval",
                "exec",
                "exit",
                "export",
                "for",
                "if",
                "read",
                "set",
                "trap",
                "type",
                "umask",
                "ulimit",
                "unset",
                "until",
                "wait",
                "while",
};
/* After these the shell expects a command again. */
static const char *const before_command[] = {
                "!", "if", "then", "elif", "else", "while", "until", "do", "exec"};

static bool is_one_of(const char *word, const char *const *list, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (streq(word, list[i]))
                        return true;
        return false;
}

void script_command_clear(ScriptCommand *c) {
        for (size_t i = 0; c->argv && c->argv[i]; i++)
                free(c->argv[i]);
        free(c->argv);
        c->argv = NULL;
}

/* NAME=..., which in a shell is no command. */
static bool is_assignment(const char *word) {
        size_t n = strcspn(word, "=");

        for (size_t i = 0; i < n; i++)
                if (!isalnum((unsigned char)word[i]) && word[i] != '_')
                        return false;
        return n > 0 && word[n] == '=' && !isdigit((unsigned char)word[0]);
}

/* Anything that a shell would not take literally, outside of quotes that take it literally; an open quote
 * too. */
static bool has_shell_syntax(const char *text) {
        char quote = '\0';

        for (const char *p = text; *p; p++) {
                if (quote && *p == quote)
                        quote = '\0';
                else if (!quote && (*p == '\'' || *p == '"'))
                        quote = *p;
                else if (!quote ? strchr(SHELL_SYNTAX, *p) != NULL : quote == '"' && strchr("$`\\", *p))
                        return true;
        }
        return quote;
}

/* One word, without its quotes, into word (at least as large as the text). Ends at a blank or, outside of
 * quotes, at one of `stops`. Returns where it ended. */
static const char *read_word(const char *p, const char *stops, char *word) {
        char quote = '\0';

        for (; *p; p++) {
                if (quote && *p == quote)
                        quote = '\0';
                else if (!quote && (*p == '\'' || *p == '"'))
                        quote = *p;
                else if (!quote && (strchr(BLANKS, *p) || strchr(stops, *p)))
                        break;
                else
                        *word++ = *p;
        }
        *word = '\0';
        return p;
}

/* The program a word means, as the shell would find it. */
static int find_program(const char *word, char path[static PATH_MAX]) {
        if (strchr(word, '/'))
                return snprintf(path, PATH_MAX, "%s%s", word[0] == '/' ? "" : "/", word) < PATH_MAX
                                       ? 0
                                       : -ENAMETOOLONG;

        for (const char *dir = SCRIPT_PATH; *dir;) {
                size_t n = strcspn(dir, ":");
                struct stat st;

                if (snprintf(path, PATH_MAX, "%.*s/%s", (int)n, dir, word) < PATH_MAX &&
                                stat(path, &st) >= 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111))
                        return 0;
                dir += n + (dir[n] == ':');
        }
        return -ENOENT;
}

static int split_words(const char *text, ScriptCommand *c) {
        _cleanup_free_ char *word = malloc(strlen(text) + 1);
        size_t n = 0;

        c->argv = calloc(WORDS_MAX + 1, sizeof(*c->argv));
        if (!word || !c->argv)
                return -ENOMEM;
        for (const char *p = text + strspn(text, BLANKS); *p; p += strspn(p, BLANKS)) {
                if (n == WORDS_MAX)
                        return -E2BIG;
                p = read_word(p, "", word);
                c->argv[n] = strdup(word);
                if (!c->argv[n++])
                        return -ENOMEM;
        }
        return n > 0 && c->argv[0][0] ? 0 : -EINVAL;
}

static int use_shell(const char *text, ScriptCommand *c) {
        const char *const words[] = {"/bin/sh", "-c", text};

        script_command_clear(c);
        c->shell = true;
        c->argv = calloc(ELEMENTSOF(words) + 1, sizeof(*c->argv));
        if (!c->argv)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                c->argv[i] = strdup(words[i]);
                if (!c->argv[i])
                        return -ENOMEM;
        }
        return 0;
}

/* The words of a plain command, the first as a path. */
static int use_words(ScriptCommand *c, char *error, size_t size) {
        char path[PATH_MAX];
        char *program;
        int r;

        r = find_program(c->argv[0], path);
        if (r < 0) {
                snprintf(error, size, "command %s is not in " SCRIPT_PATH, c->argv[0]);
                return r;
        }
        program = strdup(path);
        if (!program)
                return -ENOMEM;
        free(c->argv[0]);
        c->argv[0] = program;
        return 0;
}

int script_command_parse(const char *text, ScriptCommand *ret, char *error, size_t size) {
        _cleanup_(script_command_clear) ScriptCommand c = {};
        int r;

        if (has_shell_syntax(text))
                r = use_shell(text, &c);
        else {
                r = split_words(text, &c);
                if (r >= 0 && (is_assignment(c.argv[0]) ||
                                              is_one_of(c.argv[0], builtins, ELEMENTSOF(builtins))))
                        r = use_shell(text, &c);
                else if (r >= 0) {
                        r = use_words(&c, error, size);
                        if (r == -ENOENT)
                                return r;
                }
        }
        if (r < 0) {
                snprintf(error, size, "cannot be read as a command: %s", strerror(-r));
                return r;
        }
        *ret = c;
        c.argv = NULL;
        return 0;
}

/* Words that hold an expansion, and programs that do not exist, are the shell's to complain about. */
static int check_program(const char *word, char *error, size_t size) {
        char path[PATH_MAX];
        int r;

        if (strchr(word, '$') || find_program(word, path) < 0)
                return 0;
        r = script_path_check(path, error, size);
        if (r == -EPERM || r == -ENOENT)
                return r == -EPERM ? r : 0;
        if (r < 0) {
                snprintf(error, size, "%s cannot be checked: %s", path, strerror(-r));
                return -EPERM;
        }
        return 0;
}

/* Walks over a shell text and checks each word that stands where a command may stand; the word after < or >
 * is a file. */
static int check_shell_text(const char *text, char *error, size_t size) {
        _cleanup_free_ char *word = malloc(strlen(text) + 1);
        bool command = true, file = false;

        if (!word)
                return -ENOMEM;
        for (const char *p = text; *p;) {
                int r = 0;

                if (strchr("<>", *p))
                        file = true;
                else if (!file && strchr(";&|()`{}\n", *p))
                        command = true;
                if (strchr(BLANKS ";&|()`{}<>", *p) || (*p == '$' && p[1] == '(')) {
                        p++;
                        continue;
                }
                p = read_word(p, ";&|()`<>", word);
                if (strchr("<>", *p) && *p && word[strspn(word, "0123456789")] == '\0')
                        continue; /* the descriptor that is redirected */
                if (file || !command || is_assignment(word)) {
                        file = false;
                        continue;
                }
                command = is_one_of(word, before_command, ELEMENTSOF(before_command));
                if (!command)
                        r = check_program(word, error, size);
                if (r < 0)
                        return r;
        }
        return 0;
}

int script_command_check(const ScriptCommand *c, const char *text, char *error, size_t size) {
        return c->shell ? check_shell_text(text, error, size) : check_program(c->argv[0], error, size);
}
