/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: reading the files that hold keys. Beside load.c the only file of this room that opens files. Apart
 * from it, because only the daemon and its check need the keys: the script runner reads the same
 * configuration and must not have them. */

#include "service/config/key.h"
#include "service/config/load.h"
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

/* "hex:" and the digits of the longest key, and some blanks around. */
#define KEY_FILE_SIZE_MAX 512

#define error(m, at, ...) config_messages_add(m, CONFIG_ERROR, at, NULL, __VA_ARGS__)
#define warning(m, at, ...) config_messages_add(m, CONFIG_WARNING, at, NULL, __VA_ARGS__)

/* A name without slash is a credential of the unit, if it has any (systemd.exec(5)); other relative paths
 * begin at the configuration's folder. */
static char *key_path(const Config *c, const char *file) {
        const char *credentials = secure_getenv("CREDENTIALS_DIRECTORY"), *config = c->files[0], *slash;
        char *path = NULL;

        if (file[0] == '/')
                return strdup(file);
        slash = strrchr(config, '/');
        if (credentials && !strchr(file, '/')) {
                if (asprintf(&path, "%s/%s", credentials, file) < 0)
                        return NULL;
        } else if (asprintf(&path, "%.*s%s", slash ? (int)(slash - config) + 1 : 0, config, file) < 0)
                return NULL;
        return path;
}

/* Reads all of it into text. 0, or -errno: -EFBIG, -EISDIR, -ENOTSUP. */
static int read_key_file(const char *path, char text[KEY_FILE_SIZE_MAX + 1], struct stat *ret_stat) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        size_t size = 0;
        ssize_t n = 1;

        if (fd < 0 || fstat(fd, ret_stat) < 0)
                return -errno;
        if (S_ISDIR(ret_stat->st_mode))
                return -EISDIR;
        if (!S_ISREG(ret_stat->st_mode))
                return -ENOTSUP;
        while (n > 0 && size < KEY_FILE_SIZE_MAX) {
                n = read(fd, text + size, KEY_FILE_SIZE_MAX - size);
                if (n < 0)
                        return -errno;
                size += (size_t)n;
        }
        if (size == KEY_FILE_SIZE_MAX)
                return -EFBIG;
        text[size] = '\0';
        return memchr(text, '\0', size) ? -EBADMSG : 0;
}

static const char *key_error(int r) {
        switch (-r) {
        case EISDIR:
                return "it is a directory";
        case ENOTSUP:
                return "it is not a regular file";
        case EFBIG:
                return "it is too large for a key";
        case EBADMSG:
                return "it holds a NUL byte; binary keys are written as 'hex:...'";
        default:
                return strerror(-r);
        }
}

/* One line, without the blanks around it. */
static char *trim(char *text) {
        size_t n;

        text += strspn(text, " \t\r\n");
        n = strlen(text);
        while (n > 0 && strchr(" \t\r\n", text[n - 1]))
                text[--n] = '\0';
        return text;
}

/* Could this user read a file of this owner and mode? Its supplementary groups are few and not asked for. */
static bool readable_by(const struct stat *st, const char *user) {
        const struct passwd *pw = getpwnam(user);

        if (!pw || pw->pw_uid == 0)
                return true;
        if (st->st_uid == pw->pw_uid)
                return st->st_mode & S_IRUSR;
        if (st->st_gid == pw->pw_gid)
                return st->st_mode & S_IRGRP;
        return st->st_mode & S_IROTH;
}

static int judge_mode(const ConfigKey *k, const char *path, const struct stat *st, const char *user,
                ConfigMessages *messages) {
        if (st->st_mode & (S_IROTH | S_IWOTH))
                return warning(messages, &k->at, "everybody can %s the key file '%s': chmod o= %s",
                                st->st_mode & S_IROTH ? "read" : "write", path, path);
        if (user && !readable_by(st, user))
                return warning(messages, &k->at,
                                "user %s cannot read the key file '%s', so that a reload will fail: chgrp "
                                "%s %s && "
                                "chmod g+r %s",
                                user, path, user, path, path);
        return 0;
}

static int load_key(const Config *c, ConfigKey *k, const char *user, ConfigMessages *messages) {
        _cleanup_free_ char *path = key_path(c, k->file);
        char text[KEY_FILE_SIZE_MAX + 1], why[CONFIG_KEY_WHY_SIZE];
        struct stat st;
        int r;

        if (!path)
                return -ENOMEM;
        r = read_key_file(path, text, &st);
        if (r == -EACCES && user)
                r = error(messages, &k->at,
                                "cannot read the key file '%s': Permission denied; user %s must be able to: "
                                "chgrp "
                                "%s %s && chmod g+r %s, and make its directories searchable",
                                path, user, user, path, path);
        else if (r < 0)
                r = error(messages, &k->at, "cannot read the key file '%s': %s", path, key_error(r));
        else if (!config_key_parse(k, trim(text), why))
                r = error(messages, &k->at, "key %u in '%s': %s", k->id, path, why);
        else
                r = judge_mode(k, path, &st, user, messages);
        explicit_bzero(text, sizeof(text));
        return r;
}

int config_load_keys(Config *c, const char *user, ConfigMessages *messages) {
        int r = 0;

        for (size_t i = 0; i < c->n_instances && r >= 0; i++)
                for (size_t j = 0; j < c->instances[i].n_hmac_keys && r >= 0; j++)
                        if (c->instances[i].hmac_keys[j].file)
                                r = load_key(c, &c->instances[i].hmac_keys[j], user, messages);
        if (r < 0)
                return r;
        r = config_messages_sort(messages, c->files);
        if (r < 0)
                return r;
        return messages->n_errors > 0 ? -EBADMSG : 0;
}
