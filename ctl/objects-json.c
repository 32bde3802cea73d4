/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The JSON of vrrpctl: the schema that vrrpctl(1) documents and that scripts rely on. Names and types here
 * are only ever added to. Unknown or absent is null, times are microseconds, addresses and states are the
 * bus's words. Also the translation of any D-Bus value, for signals whose details are open-ended. */

#include "ctl/objects.h"
#include "ctl/output.h"

static json_t *strings_to_json(const StringArray *a) {
        json_t *v = json_array();
        for (size_t i = 0; v && i < a->n; i++)
                if (json_array_append_new(v, json_string(a->items[i])) < 0) {
                        json_decref(v);
                        return NULL;
                }
        return v;
}

static json_t *pairs_to_json(const PairArray *a, const char *first, const char *second) {
        json_t *v = json_array();
        for (size_t i = 0; v && i < a->n; i++) {
                json_t *o = json_pack("{s:s, s:s}", first, a->items[i].first, second, a->items[i].second);
                if (json_array_append_new(v, o) < 0) {
                        json_decref(v);
                        return NULL;
                }
        }
        return v;
}

/* …/tracker/<type>/<name> says both. */
static json_t *track_to_json(const TrackRef *t) {
        _cleanup_free_ char *name = NULL, *parent = NULL, *type = NULL;

        const char *last = strrchr(t->path, '/');
        if (!last || path_to_name(t->path, &name) < 0)
                return NULL;
        parent = strndup(t->path, (size_t)(last - t->path));
        if (!parent || path_to_name(parent, &type) < 0)
                return NULL;
        return json_pack("{s:s, s:s, s:i}", "type", type, "name", name, "weight", t->weight);
}

static json_t *tracks_to_json(const TrackRefArray *a) {
        json_t *v = json_array();
        for (size_t i = 0; v && i < a->n; i++)
                if (json_array_append_new(v, track_to_json(&a->items[i])) < 0) {
                        json_decref(v);
                        return NULL;
                }
        return v;
}

json_t *instance_to_json(const Instance *i) {
        _cleanup_free_ char *group = NULL;

        if (instance_group_name(i, &group) < 0)
                return NULL;
        return json_pack("{s:s, s:i, s:s, s:i, s:o, s:i, s:o, s:o,"
                         " s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o,"
                         " s:i, s:i, s:b, s:o, s:o, s:o, s:o,"
                         " s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                        "name", i->name, "virtual_router_id", i->vrid, "address_family", i->address_family,
                        "protocol_version", i->version, "interface", json_string_or_null(i->interface),
                        "interface_index", i->interface_index, "virtual_mac",
                        json_string_or_null(i->virtual_mac), "source_address",
                        json_string_or_null(i->source_address), "state", i->state, "state_reason",
                        i->state_reason, "state_change_usec", json_u64_or_null(i->state_change_realtime),
                        "state_change_monotonic_usec", json_u64_or_null(i->state_change_monotonic),
                        "admin_state", i->admin_state, "admin_reason", json_string_or_null(i->admin_reason),
                        "admin_uid", i->admin_uid == UINT32_MAX ? json_null() : json_integer(i->admin_uid),
                        "admin_expire_usec", json_u64_or_null(i->admin_expire_realtime), "priority",
                        i->priority, "base_priority", i->base_priority, "preempt", i->preempt,
                        "preempt_delay_usec", json_u64(i->preempt_delay_usec), "advertisement_interval_usec",
                        json_u64(i->interval_usec), "master_address", json_string_or_null(i->master_address),
                        "master_priority",
                        *i->master_address ? json_integer(i->master_priority) : json_null(), "vips",
                        strings_to_json(&i->vips), "excluded_vips", strings_to_json(&i->excluded_vips),
                        "active_vips", strings_to_json(&i->active_vips), "peers", strings_to_json(&i->peers),
                        "sync_group", json_string_or_null(group), "trackers", tracks_to_json(&i->trackers),
                        "faults", pairs_to_json(&i->faults, "kind", "detail"), "conflicts",
                        pairs_to_json(&i->conflicts, "kind", "address"));
}

/* The names of what the paths stand for. */
static json_t *names_to_json(const StringArray *paths) {
        _cleanup_(json_decrefp) json_t *names = json_array();

        for (size_t i = 0; i < paths->n; i++) {
                _cleanup_free_ char *name = NULL;
                if (path_to_name(paths->items[i], &name) < 0 ||
                                json_array_append_new(names, json_string(name)) < 0)
                        return NULL;
        }
        return json_incref(names);
}

json_t *group_to_json(const Group *g) {
        return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "name", g->name, "state",
                        g->state, "state_reason", g->state_reason, "state_change_usec",
                        json_u64_or_null(g->state_change_realtime), "state_change_monotonic_usec",
                        json_u64_or_null(g->state_change_monotonic), "admin_state", g->admin_state,
                        "admin_reason", json_string_or_null(g->admin_reason), "admin_uid",
                        g->admin_uid == UINT32_MAX ? json_null() : json_integer(g->admin_uid),
                        "admin_expire_usec", json_u64_or_null(g->admin_expire_realtime), "members",
                        names_to_json(&g->members));
}

json_t *tracker_to_json(const Tracker *t) {
        return json_pack("{s:s, s:s, s:o, s:s, s:o, s:I, s:o, s:o, s:o}", "type", t->type, "name", t->name,
                        "target", json_string_or_null(t->target), "state", t->state, "status_text",
                        json_string_or_null(t->status_text), "value", (json_int_t)t->value, "users",
                        names_to_json(&t->users), "state_change_usec",
                        json_u64_or_null(t->state_change_realtime), "state_change_monotonic_usec",
                        json_u64_or_null(t->state_change_monotonic));
}

json_t *manager_to_json(const Manager *m) {
        return json_pack("{s:s, s:i, s:s, s:o, s:o, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, "
                         "s:o}",
                        "version", m->version, "api_level", (int)m->api_level, "epoch", m->epoch, "sequence",
                        json_u64(m->sequence), "router_id", json_string_or_null(m->router_id), "instances",
                        (int)m->n_instances, "master", (int)m->n_master, "backup", (int)m->n_backup, "fault",
                        (int)m->n_fault, "held", (int)m->n_held, "conflicts", (int)m->n_conflicts,
                        "config_files", strings_to_json(&m->config_files), "config_usec",
                        json_u64_or_null(m->config_realtime), "last_reload_result",
                        json_string_or_null(m->last_reload_result), "last_reload_messages",
                        strings_to_json(&m->last_reload_messages), "start_usec",
                        json_u64_or_null(m->start_realtime), "start_monotonic_usec",
                        json_u64_or_null(m->start_monotonic));
}

/* One basic value; type is its D-Bus type character. */
static int basic_to_json(sd_bus_message *m, char type, json_t **ret) {
        union {
                uint8_t y;
                int b;
                int16_t n;
                uint16_t q;
                int32_t i;
                uint32_t u;
                int64_t x;
                uint64_t t;
                double d;
                const char *s;
        } v;

        int r = sd_bus_message_read_basic(m, type, &v);
        if (r < 0)
                return r;
        switch (type) {
        case 'y':
                *ret = json_integer(v.y);
                break;
        case 'b':
                *ret = json_boolean(v.b);
                break;
        case 'n':
                *ret = json_integer(v.n);
                break;
        case 'q':
                *ret = json_integer(v.q);
                break;
        case 'i':
                *ret = json_integer(v.i);
                break;
        case 'u':
                *ret = json_integer(v.u);
                break;
        case 'x':
                *ret = json_integer(v.x);
                break;
        case 't':
                *ret = json_u64(v.t);
                break;
        case 'd':
                *ret = json_real(v.d);
                break;
        case 's':
        case 'o':
        case 'g':
                *ret = json_string(v.s);
                break;
        default: /* a file descriptor: nothing of it can be printed */
                *ret = json_null();
        }
        return *ret ? 0 : -ENOMEM;
}

/* The elements of the container that m stands in, into array or, for dictionary entries, into object. */
static int elements_to_json(sd_bus_message *m, bool dictionary, json_t *into) {
        for (;;) {
                char type;
                const char *contents;
                int r = sd_bus_message_peek_type(m, &type, &contents);
                if (r <= 0)
                        return r;
                if (!dictionary) {
                        json_t *v;
                        r = message_to_json(m, &v);
                        if (r < 0)
                                return r;
                        if (json_array_append_new(into, v) < 0)
                                return -ENOMEM;
                        continue;
                }
                _cleanup_(json_decrefp) json_t *key = NULL, *value = NULL;
                r = sd_bus_message_enter_container(m, 'e', contents);
                if (r >= 0)
                        r = message_to_json(m, &key);
                if (r >= 0)
                        r = message_to_json(m, &value);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
                _cleanup_free_ char *number = NULL;
                if (!json_is_string(key) && !(number = json_dumps(key, JSON_ENCODE_ANY)))
                        return -ENOMEM;
                if (json_object_set(into, number ? number : json_string_value(key), value) < 0)
                        return -ENOMEM;
        }
}

int message_to_json(sd_bus_message *m, json_t **ret) {
        char type;
        const char *contents;

        int r = sd_bus_message_peek_type(m, &type, &contents);
        if (r < 0)
                return r;
        if (r == 0)
                return -ENXIO;
        if (!strchr("avr(", type))
                return basic_to_json(m, type, ret);

        bool dictionary = type == 'a' && contents[0] == '{';
        _cleanup_(json_decrefp) json_t *v = NULL;
        r = sd_bus_message_enter_container(m, type, contents);
        if (r < 0)
                return r;
        if (type == 'v')
                r = message_to_json(m, &v);
        else {
                v = dictionary ? json_object() : json_array();
                r = v ? elements_to_json(m, dictionary, v) : -ENOMEM;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(v);
        return 0;
}
