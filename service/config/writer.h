/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the functions share that write members which their kind alone does not write: write.c has the walk
 * over the tables, write-word.c the quoting, write-*.c the rest, by subject. Errors of the stream show when
 * it is closed. */

#include "service/config/model.h"
#include <stdio.h>

struct Writer {
        FILE *stream;
        unsigned depth;
        bool in_line; /* an element of a list: keywords and values follow each other on its line */
};

/* One keyword with its values: indented on a line of its own, or behind a blank in a line. */
void writer_begin(Writer *w, const char *keyword);
void writer_end(Writer *w);
void writer_open(Writer *w); /* " {" behind a keyword */
void writer_close(Writer *w);
/* The members of object by their table. */
void writer_members(Writer *w, const ModelTable *table, const void *object);
/* An element of a list on a line of its own. */
void writer_line(Writer *w, const ModelTable *table, const void *element);

/* Values, each with the blank in front of it. */
void writer_word(Writer *w, const char *word);       /* quoted as far as needed */
void writer_command(Writer *w, const char *command); /* quoted, with escapes */
void writer_printf(Writer *w, const char *format, ...) _printf_(2, 3);
void writer_address(Writer *w, const VrrpAddress *address);
void writer_seconds(Writer *w, usec_t usec);

/* write-members.c: members of the model, for the rows of model.c */
void write_global(Writer *w, const void *object, const ModelMember *m);
void write_script_user(Writer *w, const void *object, const ModelMember *m);
void write_user(Writer *w, const void *object, const ModelMember *m);
void write_script_weight(Writer *w, const void *object, const ModelMember *m);
void write_file_weight(Writer *w, const void *object, const ModelMember *m);
void write_init_file(Writer *w, const void *object, const ModelMember *m);
void write_match(Writer *w, const void *object, const ModelMember *m);
void write_process_weight(Writer *w, const void *object, const ModelMember *m);
void write_quorum(Writer *w, const void *object, const ModelMember *m);
void write_delay(Writer *w, const void *object, const ModelMember *m);
void write_bare_word(Writer *w, const void *object, const ModelMember *m);
void write_bare_seconds(Writer *w, const void *object, const ModelMember *m);
void write_interfaces(Writer *w, const void *object, const ModelMember *m);
void write_garp_groups(Writer *w, const void *object, const ModelMember *m);
void write_timer_expired(Writer *w, const void *object, const ModelMember *m);
void write_extra(Writer *w, const void *object, const ModelMember *m);
void write_state(Writer *w, const void *object, const ModelMember *m);
void write_family(Writer *w, const void *object, const ModelMember *m);
void write_preempt(Writer *w, const void *object, const ModelMember *m);
void write_accept(Writer *w, const void *object, const ModelMember *m);
void write_vmac(Writer *w, const void *object, const ModelMember *m);
void write_authentication(Writer *w, const void *object, const ModelMember *m);
void write_hmac(Writer *w, const void *object, const ModelMember *m);
void write_key_source(Writer *w, const void *object, const ModelMember *m);
void write_source(Writer *w, const void *object, const ModelMember *m);
void write_ttl(Writer *w, const void *object, const ModelMember *m);
void write_tracks(Writer *w, const void *object, const ModelMember *m);
void write_group_tracks(Writer *w, const void *object, const ModelMember *m);
void write_member_name(Writer *w, const void *object, const ModelMember *m);
void write_track_name(Writer *w, const void *object, const ModelMember *m);
void write_track_weight(Writer *w, const void *object, const ModelMember *m);
void write_peers(Writer *w, const void *object, const ModelMember *m);
void write_peer_address(Writer *w, const void *object, const ModelMember *m);
void write_peer_ttl(Writer *w, const void *object, const ModelMember *m);
void write_vip_address(Writer *w, const void *object, const ModelMember *m);
void write_vip_broadcast(Writer *w, const void *object, const ModelMember *m);
void write_vip_scope(Writer *w, const void *object, const ModelMember *m);
/* write-routing.c: the same */
void write_route(Writer *w, const void *object, const ModelMember *m);
void write_rule(Writer *w, const void *object, const ModelMember *m);
void write_static_vip(Writer *w, const void *object, const ModelMember *m);
void write_item_group(Writer *w, const void *object, const ModelMember *m);
void write_group_members(Writer *w, const void *object, const ModelMember *m);
void write_vip_deprecated(Writer *w, const void *object, const ModelMember *m);
