/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: opening files, following includes, and the order of the work: read, parse, finish, validate, sort
 * what is to be said. The only file of this room that touches the file system. Must not know: the grammar.
 * Its callers are the daemon's start and reload, `vrrpd -t`, and the script runner.
 */

#include "service/config/finish.h"
#include "service/config/load.h"
#include "service/config/validate.h"
#include "service/util/utf8.h"
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#define FILE_SIZE_MAX ((size_t)256 * 1024 * 1024)
#define FILES_MAX 10000
/* Braces in one pattern: each doubles what is to be looked at, or more. */
#define BRACES_MAX 8
/* Enough for the largest configuration anyone has (65,024 instances from one ~SEQ are 850,000 lines), and an
 * end. */
#define LINES_MAX_DEFAULT 10000000
/* How often a file that changes while it is read is read again. */
#define READ_ATTEMPTS 3

typedef struct Loader {
        Config *config;
        ConfigMessages *messages;
        ConfigLimits limits;
        SourceFile **files; /* beside config->files */
        size_t n_files;
} Loader;

/* Remembers the name for as long as the Config lives. NULL on -ENOMEM. */
static const char *loader_add_name(Loader *l, const char *name) {
        char **names = reallocarray(l->config->files, l->n_files + 2, sizeof(*names));
        SourceFile **files;

        if (!names)
                return NULL;
        l->config->files = names;
        names[l->n_files] = names[l->n_files + 1] = NULL;
        files = reallocarray(l->files, l->n_files + 1, sizeof(*files));
        if (!files)
                return NULL;
        l->files = files;
        names[l->n_files] = strdup(name);
        if (!names[l->n_files])
                return NULL;
        files[l->n_files] = NULL;
        return names[l->n_files++];
}

static int directory_of(const char *path, char **ret) {
        const char *slash = strrchr(path, '/');

        if (slash)
                *ret = strndup(path, slash == path ? 1 : (size_t)(slash - path));
        else
                *ret = strdup(".");
        return *ret ? 0 : -ENOMEM;
}

/* The names of the files are published. */
static int check_name(Loader *l, const char *name) {
        if (utf8_is_valid(name))
                return 0;
        return config_messages_add(l->messages, CONFIG_ERROR, &(ConfigPosition){.file = name}, NULL,
                        "the name of this file is not UTF-8: rename it");
}

/* A NUL byte would end strings early; what stands behind it is still judged. The offset of the first, size
 * if there is none. */
static size_t replace_nul(char *data, size_t size) {
        size_t first = size;

        for (size_t i = 0; i < size; i++)
                if (!data[i]) {
                        data[i] = ' ';
                        first = MIN(first, i);
                }
        return first;
}

static int complain_nul(Loader *l, const SourceFile *f, size_t offset) {
        ConfigPosition at = {.file = f->name, .line = 1};

        while (at.line < f->n_lines && f->starts[at.line] <= offset)
                at.line++;
        at.column = (unsigned)(offset - f->starts[at.line - 1]) + 1;
        return config_messages_add(
                        l->messages, CONFIG_ERROR, &at, NULL, "a NUL byte: this is not a text file");
}

/* Makes a SourceFile of data (taken over). */
static int loader_add(Loader *l, const char *path, char *data, size_t size, const struct stat *st,
                SourceFile **ret) {
        _cleanup_free_ char *owned = data, *directory = NULL;
        const char *name;
        size_t nul;
        SourceFile *f;
        int r;

        name = loader_add_name(l, path);
        if (!name)
                return -ENOMEM;
        r = check_name(l, name);
        if (r < 0)
                return r;
        r = directory_of(path, &directory);
        if (r < 0)
                return r;
        if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
                /* A byte order mark, as editors elsewhere write it: not a part of the text. */
                size -= 3;
                memmove(owned, owned + 3, size);
        }
        nul = replace_nul(owned, size);
        r = source_file_new(name, directory, TAKE_PTR(owned), size, &f);
        if (r < 0)
                return r;
        l->files[l->n_files - 1] = f;
        if (st) {
                f->dev = st->st_dev;
                f->ino = st->st_ino;
                f->regular = S_ISREG(st->st_mode);
                f->stat_size = st->st_size;
                f->stat_mtime = st->st_mtim;
        }
        *ret = f;
        return nul < size ? complain_nul(l, f, nul) : 0;
}

/* All of an open file. -EFBIG: too large. */
static int read_all(int fd, char **ret, size_t *ret_size) {
        _cleanup_free_ char *data = NULL;
        size_t size = 0, allocated = 0;

        for (;;) {
                ssize_t n;

                if (allocated - size < 4096) {
                        char *grown = realloc(data, MAX(2 * allocated, (size_t)65536));

                        if (!grown)
                                return -ENOMEM;
                        data = grown;
                        allocated = MAX(2 * allocated, (size_t)65536);
                }
                n = read(fd, data + size, allocated - size - 1);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                size += (size_t)n;
                if (size > FILE_SIZE_MAX)
                        return -EFBIG;
        }
        data[size] = '\0';
        *ret = TAKE_PTR(data);
        *ret_size = size;
        return 0;
}

static bool same_version(const struct stat *a, const struct stat *b) {
        return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
               a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Reads a file as it was at one moment. -EISDIR, -ENOTSUP (neither file nor pipe), -EAGAIN (it keeps
 * changing). */
static int read_file(const char *path, char **ret, size_t *ret_size, struct stat *ret_stat) {
        /* O_NONBLOCK only for the open(): a FIFO that nobody writes to would hold us up for ever. */
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat after;

        if (fd < 0 || fstat(fd, ret_stat) < 0)
                return -errno;
        if (S_ISDIR(ret_stat->st_mode))
                return -EISDIR;
        if (!S_ISREG(ret_stat->st_mode) && !S_ISFIFO(ret_stat->st_mode))
                return -ENOTSUP;
        if (fcntl(fd, F_SETFL, 0) < 0)
                return -errno;
        for (unsigned i = 0; i < READ_ATTEMPTS; i++) {
                _cleanup_free_ char *data = NULL;
                size_t size;
                int r;

                r = read_all(fd, &data, &size);
                if (r < 0)
                        return r;
                if (S_ISFIFO(ret_stat->st_mode) && size == 0)
                        return -ENODATA; /* nobody writes to it: this is no empty configuration */
                if (fstat(fd, &after) < 0)
                        return -errno;
                if (!S_ISREG(after.st_mode) || same_version(ret_stat, &after)) {
                        *ret = TAKE_PTR(data);
                        *ret_size = size;
                        return 0;
                }
                *ret_stat = after;
                if (lseek(fd, 0, SEEK_SET) < 0)
                        return -errno;
        }
        return -EAGAIN;
}

static const char *read_error(int r) {
        switch (-r) {
        case EISDIR:
                return "it is a directory";
        case ENOTSUP:
                return "it is not a regular file";
        case EFBIG:
                return "it is larger than 256 MiB";
        case ENODATA:
                return "nothing comes out of this pipe";
        case EAGAIN:
                return "it keeps changing while it is read";
        default:
                return strerror(-r);
        }
}

/* Opens and reads; at: the include, or NULL for the file that was asked for. 1, 0 when it said why not,
 * -ENOMEM. */
static int loader_open(Loader *l, const char *path, const ConfigPosition *at, SourceFile **ret) {
        _cleanup_free_ char *data = NULL;
        size_t size = 0;
        struct stat st;
        int r;

        r = l->n_files < FILES_MAX ? read_file(path, &data, &size, &st) : -EMFILE;
        if (r == -ENOMEM)
                return r;
        if (r < 0 && at)
                r = config_messages_add(l->messages, CONFIG_ERROR, at, NULL, "cannot read '%s': %s", path,
                                read_error(r));
        else if (r < 0)
                r = config_messages_add(l->messages, CONFIG_ERROR, &(ConfigPosition){.file = path}, NULL,
                                "cannot read the configuration: %s", read_error(r));
        else {
                r = loader_add(l, path, TAKE_PTR(data), size, &st, ret);
                return r < 0 ? r : 1;
        }
        return r;
}

/* Relative patterns begin at the including file; a directory's own wildcards are not meant as such. */
static int absolute_pattern(const char *pattern, const char *directory, char **ret) {
        size_t n = strlen(directory);
        char *out;

        if (pattern[0] == '/' || streq(directory, ".")) {
                *ret = strdup(pattern);
                return *ret ? 0 : -ENOMEM;
        }
        out = *ret = malloc(2 * n + strlen(pattern) + 2);
        if (!out)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                if (strchr("*?[]{}\\~", directory[i]))
                        *out++ = '\\';
                *out++ = directory[i];
        }
        if (n == 0 || directory[n - 1] != '/')
                *out++ = '/';
        strcpy(out, pattern);
        return 0;
}

/* Opens one file of an include; *ret stays NULL where it said why not. Directories that a wildcard happens
 * to match are passed over. */
static int include_open(
                Loader *l, const char *path, bool wildcard, const ConfigPosition *at, SourceFile **ret) {
        struct stat st;
        int r;

        if (wildcard && stat(path, &st) >= 0 && S_ISDIR(st.st_mode))
                return config_messages_add(l->messages, CONFIG_WARNING, at, NULL,
                                "'%s' is a directory; not included", path);
        r = loader_open(l, path, at, ret);
        return MIN(r, 0);
}

/* All files of an include, in their order. One that is being read already would never end. */
static int include_files(
                Loader *l, LineReader *r, char **paths, size_t n, bool wildcard, const ConfigPosition *at) {
        _cleanup_free_ const SourceFile **files = calloc(n, sizeof(*files));
        size_t n_files = 0;
        int k = 0;

        if (!files)
                return -ENOMEM;
        for (size_t i = 0; i < n && k >= 0; i++) {
                SourceFile *f = NULL;

                k = include_open(l, paths[i], wildcard, at, &f);
                if (k < 0 || !f)
                        continue;
                if (line_reader_is_open(r, f))
                        k = config_messages_add(l->messages, CONFIG_ERROR, at, NULL, "'%s' includes itself",
                                        f->name);
                else
                        files[n_files++] = f;
        }
        if (k < 0)
                return k;
        k = line_reader_push(r, TAKE_PTR(files), n_files);
        if (k == -EMLINK)
                return config_messages_add(
                                l->messages, CONFIG_ERROR, at, NULL, "includes are nested too deeply");
        return k;
}

/* The '}' of the '{' at open, or the end of the string. */
static const char *matching_brace(const char *open) {
        unsigned level = 0;

        for (const char *p = open; *p; p++) {
                level += *p == '{';
                level -= *p == '}';
                if (level == 0)
                        return p;
        }
        return open + strlen(open) - 1;
}

/* Each alternative of a brace expression on its own: glob() only says whether any of them matched anything.
 */
static int check_braces(Loader *l, const char *pattern, unsigned depth, const ConfigPosition *at) {
        const char *open = strchr(pattern, '{'), *begin, *p;
        unsigned level = 0;
        glob_t g = {};
        int r = 0;

        if (!open || depth == 0) {
                r = glob(pattern, 0, NULL, &g);
                globfree(&g);
                return r != GLOB_NOMATCH ? 0
                                         : config_messages_add(l->messages, CONFIG_ERROR, at, NULL,
                                                           "no file matches '%s'", pattern);
        }
        for (begin = p = open + 1; *p && r >= 0; p++) {
                _cleanup_free_ char *alternative = NULL;
                const char *close;

                level += *p == '{';
                if (level > 0 || (*p != ',' && *p != '}')) {
                        level -= *p == '}' && level > 0;
                        continue;
                }
                close = matching_brace(open);
                if (asprintf(&alternative, "%.*s%.*s%s", (int)(open - pattern), pattern, (int)(p - begin),
                                    begin, close + 1) < 0)
                        return -ENOMEM;
                r = check_braces(l, alternative, depth - 1, at);
                if (*p == '}')
                        break;
                begin = p + 1;
        }
        return r;
}

static int include_nothing(
                Loader *l, const char *pattern, bool wildcard, unsigned checks, const ConfigPosition *at) {
        if (wildcard && !(checks & INCLUDE_WILDCARD_MATCH))
                return 0;
        return config_messages_add(l->messages, CONFIG_ERROR, at, NULL,
                        wildcard ? "no file matches '%s'" : "the file '%s' does not exist", pattern);
}

static int loader_include(void *userdata, LineReader *r, const char *pattern, unsigned checks,
                const char *directory, const ConfigPosition *at) {
        bool wildcard = strpbrk(pattern, "*?[") != NULL;
        _cleanup_free_ char *absolute = NULL;
        Loader *l = userdata;
        glob_t g = {};
        int k;

        if (l->limits.no_include)
                return config_messages_add(
                                l->messages, CONFIG_ERROR, at, NULL, "include is not allowed here");
        k = absolute_pattern(pattern, directory, &absolute);
        if (k < 0)
                return k;
        k = glob(absolute, GLOB_BRACE, NULL, &g);
        if (k == GLOB_NOSPACE)
                return -ENOMEM;
        if (k != 0)
                return include_nothing(l, pattern, wildcard, checks, at);
        k = checks & INCLUDE_BRACE_MATCH ? check_braces(l, absolute, BRACES_MAX, at) : 0;
        if (k >= 0)
                k = include_files(l, r, g.gl_pathv, g.gl_pathc, wildcard, at);
        globfree(&g);
        return k;
}

static void parser_done(Parser *p) {
        for (size_t i = 0; i < p->n_instances; i++)
                instance_draft_done(&p->instances[i]);
        for (size_t i = 0; i < p->n_scripts; i++)
                config_script_done(&p->scripts[i].model);
        free(p->instances);
        free(p->scripts);
        free(p->global.router_id);
        free(p->global.script_user);
        free(p->global.script_group);
        free(p->global.default_interface);
        free(p->global.vmac_prefix);
        free(p->global.vmac_addr_prefix);
        names_done(&p->names);
        statement_done(&p->pending);
}

/* One of iproute2's tables of names. It may be missing: numbers do without. */
static int read_names(Names *names, NameKind kind, const char *path) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        _cleanup_free_ char *text = NULL;
        struct stat st;
        size_t size;
        int r;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return 0;
        r = read_all(fd, &text, &size);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        return names_read(names, kind, text);
}

/* Called when the first name is met. Where iproute2 has its files, the administrator's last: a later line
 * counts. */
static int load_names(Names *names) {
        static const struct {
                const char *name;
                NameKind kind;
        } files[] = {{"rt_tables", NAME_TABLE}, {"rt_scopes", NAME_SCOPE}, {"rt_realms", NAME_REALM},
                        {"rt_dsfield", NAME_DSFIELD}, {"group", NAME_GROUP}};
        static const char *const directories[] = {
                        "/usr/lib/iproute2", "/usr/share/iproute2", "/etc/iproute2"};
        int r = 0;

        for (size_t d = 0; d < ELEMENTSOF(directories); d++)
                for (size_t i = 0; i < ELEMENTSOF(files) && r >= 0; i++) {
                        char path[PATH_MAX];
                        glob_t found = {};

                        snprintf(path, sizeof(path), "%s/%s", directories[d], files[i].name);
                        r = read_names(names, files[i].kind, path);
                        snprintf(path, sizeof(path), "%s/%s.d/*.conf", directories[d], files[i].name);
                        if (r >= 0 && glob(path, 0, NULL, &found) == 0)
                                for (size_t j = 0; j < found.gl_pathc && r >= 0; j++)
                                        r = read_names(names, files[i].kind, found.gl_pathv[j]);
                        globfree(&found);
                }
        return r;
}

/* Everything between an open file and the model. */
static int loader_parse(Loader *l, SourceFile *file, const char *config_id) {
        _cleanup_(line_reader_freep) LineReader *reader = NULL;
        _cleanup_(lexer_freep) Lexer *lexer = NULL;
        Parser p = {
                        .messages = l->messages,
                        .config = l->config,
                        .load_names = l->limits.no_include ? NULL : load_names,
                        .global = {.vrrp_version = UNSET,
                                        .min_garp = UNSET_BOOL,
                                        .nftables_priority = UNSET_PRIORITY},
        };
        int r;

        router_draft_init(&p.global.router);
        r = line_reader_new(&(LineReaderParams){.messages = l->messages,
                                            .config_id = config_id,
                                            .max_lines = l->limits.max_lines,
                                            .include = loader_include,
                                            .userdata = l},
                        &reader);
        if (r >= 0) {
                const SourceFile **first = malloc(sizeof(*first));

                if (!first)
                        return -ENOMEM;
                *first = file;
                r = line_reader_push(reader, first, 1);
        }
        if (r >= 0)
                r = lexer_new(reader, l->messages, &lexer);
        if (r >= 0) {
                p.reader = reader;
                p.lexer = lexer;
                p.accept_masked = l->limits.accept_masked;
                r = parse_file(&p);
        }
        if (r >= 0)
                r = parser_finish(&p);
        if (r >= 0)
                r = config_validate(l->config, l->messages);
        parser_done(&p);
        return r;
}

/* The short host name, as `uname -n` has it up to the first dot. */
static int default_config_id(char id[HOST_NAME_MAX + 1]) {
        if (gethostname(id, HOST_NAME_MAX) < 0)
                return -errno;
        id[HOST_NAME_MAX] = '\0';
        id[strcspn(id, ".")] = '\0';
        return 0;
}

static int attach_source(ConfigMessage *m, const SourceFile *f) {
        size_t size;
        const char *text = source_file_line(f, m->line, &size);

        if (size > LINE_SIZE_MAX)
                return 0;
        m->source = malloc(size + SOURCE_MASK_SIZE);
        if (!m->source)
                return -ENOMEM;
        memcpy(m->source, text, size);
        m->source[size] = '\0';
        source_mask_secrets(m->source);
        return 0;
}

/* Gives each message the line it is about, as long as the files are in memory. */
static int attach_sources(Loader *l) {
        int r = 0;

        for (size_t i = 0; i < l->messages->n && r >= 0; i++) {
                ConfigMessage *m = &l->messages->items[i];

                for (size_t j = 0; m->file && m->line > 0 && !m->source && j < l->n_files && r >= 0; j++)
                        if (l->files[j] && streq(l->files[j]->name, m->file))
                                r = attach_source(m, l->files[j]);
        }
        return r;
}

int config_messages_attach_sources(ConfigMessages *messages) {
        _cleanup_(source_file_freep) SourceFile *f = NULL;
        int r = 0;

        for (size_t i = 0; i < messages->n && r >= 0; i++) {
                ConfigMessage *m = &messages->items[i];
                _cleanup_free_ char *data = NULL;
                struct stat st;
                size_t size;

                if (m->source || !m->file || m->line == 0)
                        continue;
                if (!f || !streq(f->name, m->file)) {
                        f = source_file_free(f);
                        r = read_file(m->file, &data, &size, &st);
                        if (r >= 0) {
                                replace_nul(data, size);
                                r = source_file_new(m->file, ".", TAKE_PTR(data), size, &f);
                        }
                }
                if (r >= 0)
                        r = attach_source(m, f);
                if (r != -ENOMEM)
                        r = 0;
        }
        return r;
}

/* Is one of the files that were read another by now? Each was read as it was at one moment, but one after
 * the other: an editor, or a tool that replaces several, may have been between them. */
static bool files_changed(const Loader *l) {
        for (size_t i = 0; i < l->n_files; i++) {
                const SourceFile *f = l->files[i];
                struct stat st;

                if (!f || !f->regular)
                        continue;
                if (stat(f->name, &st) < 0 || st.st_dev != f->dev || st.st_ino != f->ino ||
                                st.st_size != f->stat_size ||
                                memcmp(&st.st_mtim, &f->stat_mtime, sizeof(st.st_mtim)) != 0)
                        return true;
        }
        return false;
}

/* path: to be opened, unless data (taken over) is given. *ret_changed: what was read is not of one moment.
 */
static int load(const char *path, char *data, size_t size, const ConfigLimits *limits, const char *config_id,
                ConfigMessages *messages, bool *ret_changed, Config **ret) {
        _cleanup_free_ char *owned = data;
        _cleanup_(config_freep) Config *config = calloc(1, sizeof(*config));
        Loader l = {.config = config, .messages = messages, .limits = *limits};
        char id[HOST_NAME_MAX + 1] = "";
        SourceFile *file = NULL;
        int r;

        if (!config)
                return -ENOMEM;
        config_messages_clear(messages);
        r = config_id ? 0 : default_config_id(id);
        if (r >= 0)
                r = owned ? loader_add(&l, path, TAKE_PTR(owned), size, NULL, &file)
                          : loader_open(&l, path, NULL, &file);
        if (r >= 0 && file)
                r = loader_parse(&l, file, config_id ? config_id : id);
        if (r >= 0)
                r = attach_sources(&l);
        if (r >= 0)
                r = config_messages_sort(messages, config->files);
        *ret_changed = files_changed(&l);
        for (size_t i = 0; i < l.n_files; i++)
                source_file_free(l.files[i]);
        free(l.files);
        if (r < 0)
                return r;
        if (messages->n_errors > 0)
                return -EBADMSG;
        *ret = TAKE_PTR(config);
        return 0;
}

int config_load(const char *path, const char *config_id, ConfigMessages *messages, Config **ret) {
        for (unsigned i = 0; i < READ_ATTEMPTS; i++) {
                _cleanup_(config_freep) Config *config = NULL;
                bool changed = false;
                int r = load(path, NULL, 0, &(ConfigLimits){.max_lines = LINES_MAX_DEFAULT}, config_id,
                                messages, &changed, &config);

                if (changed && r != -ENOMEM)
                        continue;
                if (r >= 0)
                        *ret = TAKE_PTR(config);
                return r;
        }
        config_messages_clear(messages);
        if (config_messages_add(messages, CONFIG_ERROR, &(ConfigPosition){.file = path}, NULL,
                            "the configuration keeps changing while it is read") < 0)
                return -ENOMEM;
        return -EBADMSG;
}

int config_load_limited(const char *path, const char *data, size_t size, const ConfigLimits *limits,
                const char *config_id, ConfigMessages *messages, Config **ret) {
        char *copy = malloc(size + 1);
        bool changed;

        if (!copy)
                return -ENOMEM;
        if (size > 0)
                memcpy(copy, data, size);
        copy[size] = '\0';
        return load(path, copy, size, limits, config_id, messages, &changed, ret);
}

int config_load_buffer(const char *path, const char *data, size_t size, const char *config_id,
                ConfigMessages *messages, Config **ret) {
        return config_load_limited(path, data, size, &(ConfigLimits){.max_lines = LINES_MAX_DEFAULT},
                        config_id, messages, ret);
}
