/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The model, member by member: what a member is, under which keyword it is written, or who writes it. One
 * row for each member of Config, ConfigInstance, ...; a test fails for a member that has none, and another
 * one for a row that does not survive being written and read again. write.c walks these tables. */

#include "service/config/config.h"

typedef struct ModelTable ModelTable;
typedef struct ModelMember ModelMember;
typedef struct Writer Writer;

typedef enum ModelKind {
        MODEL_FLAG,   /* bool: the keyword stands there alone, or not at all */
        MODEL_SWITCH, /* bool: on or off */
        MODEL_UINT8,
        MODEL_UNSIGNED,
        MODEL_INT,
        MODEL_SECONDS, /* usec_t */
        MODEL_WORD,    /* char *; NULL: left out */
        MODEL_COMMAND, /* char *, quoted as commands are */
        MODEL_WORDS,   /* char **, NULL-terminated; each quoted as commands are */
        MODEL_ADDRESS, /* VrrpAddress; unset: left out */
        MODEL_VALUE,   /* plain bytes (an enum, say) that another row or its own function writes */
        MODEL_SECRET,  /* plain bytes that are never written */
        MODEL_BLOCKS,  /* array of `table`: a block each, "keyword NAME {" */
        MODEL_LINES,   /* array of `table`: one block with a line each; left out when empty */
        MODEL_COUNT,   /* size_t, of an array */
        MODEL_NOTE,    /* not part of what is configured: positions, indexes */
} ModelKind;

struct ModelMember {
        const char *name;    /* of the member in C */
        const char *keyword; /* NULL: not written by its kind */
        ModelKind kind;
        size_t offset, size;
        /* In place of writing by kind. object holds the member. */
        void (*write)(Writer *w, const void *object, const ModelMember *m);
        const ModelTable *table; /* of the elements of an array */
        size_t count_offset;     /* of the number of elements of an array */
};

struct ModelTable {
        const char *name; /* of the type */
        size_t size;      /* of the type */
        const ModelMember *rows;
        size_t n;
};

extern const ModelTable model_config, model_global, model_instance, model_script, model_vip, model_peer,
                model_key, model_track, model_tracked_file, model_process, model_route, model_rule,
                model_static_address, model_track_group, model_group, model_member, model_link_delay,
                model_garp_group;

#define MODEL_MEMBER(type, m) .name = #m, .offset = offsetof(type, m), .size = sizeof(((type *)NULL)->m)
#define MODEL_ARRAY(type, m, n, element) \
        MODEL_MEMBER(type, m), .table = element, .count_offset = offsetof(type, n)
