/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The trackers of type interface with the real kernel: a veth pair in a network namespace of this process's
 * own, which has no name and goes with the process. Needs root. */

#include "service/track/tracker.h"
#include <glib.h>
#include <sched.h>

typedef struct Fixture {
        sd_event *event;
        Netlink *netlink;
        LinkMirror *links;
        TrackerSet *set;
        Config config;
        ConfigInstance instances[2];
        ConfigTrack tracks[2];
        unsigned n_flips;
} Fixture;

static void on_link(LinkChange change, const Link *link, const LinkAddress *address, void *userdata) {
        Fixture *f = userdata;

        if (f->set)
                tracker_set_link_changed(f->set, link->name);
}

static void on_tracker(Tracker *tracker, bool flipped, void *userdata) {
        Fixture *f = userdata;

        f->n_flips += flipped;
}

static void ip(const char *arguments) {
        g_autofree char *command = g_strdup_printf("ip %s", arguments);

        g_assert_cmpint(system(command), ==, 0);
}

static void init(Fixture *f) {
        *f = (Fixture){};
        g_assert_cmpint(unshare(CLONE_NEWNET), ==, 0);
        ip("link add eth1 type veth peer name far");
        ip("link set far up");
        f->tracks[0] = (ConfigTrack){.type = VRRP_TRACKER_INTERFACE, .name = (char *)"eth1"};
        f->tracks[1] = (ConfigTrack){.type = VRRP_TRACKER_INTERFACE, .name = (char *)"eth7"};
        f->instances[0] = (ConfigInstance){.tracks = f->tracks, .n_tracks = 2};
        f->instances[1] = (ConfigInstance){.tracks = f->tracks, .n_tracks = 1};
        f->config.instances = f->instances;
        f->config.n_instances = 2;
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        g_assert_cmpint(netlink_new(f->event, 0, &f->netlink), ==, 0);
        g_assert_cmpint(link_mirror_new(f->netlink, on_link, f, &f->links), ==, 0);
        g_assert_cmpint(tracker_set_new(f->event, 0, f->links, -EBADF, NULL, on_tracker, f, &f->set), ==, 0);
        g_assert_cmpint(tracker_set_configure(f->set, &f->config), ==, 0);
}

static void clear(Fixture *f) {
        tracker_set_free(f->set);
        link_mirror_free(f->links);
        netlink_free(f->netlink);
        sd_event_unref(f->event);
}

static const Tracker *tracker(const Fixture *f, const char *name) {
        const Tracker *t = tracker_set_find(f->set, VRRP_TRACKER_INTERFACE, name);

        g_assert_nonnull(t);
        return t;
}

static void await_text(Fixture *f, const char *name, const char *text, bool up) {
        while (!streq(tracker(f, name)->status_text, text))
                g_assert_cmpint(sd_event_run(f->event, USEC_INFINITY), >=, 0);
        while (sd_event_run(f->event, 0) > 0)
                ;
        g_assert_cmpstr(tracker(f, name)->status_text, ==, text);
        g_assert_true(tracker_is_up(tracker(f, name)) == up);
        g_assert_cmpint(tracker(f, name)->value, ==, up);
}

static void test_life(void) {
        /* Down, up, without carrier, deleted, made again, renamed: each is known from the first moment, said
         * in words, and reported as a flip only when up turned into down or down into up. */
        Fixture f;

        init(&f);
        g_assert_cmpstr(tracker(&f, "eth1")->status_text, ==, "interface eth1 is down");
        g_assert_cmpstr(tracker(&f, "eth7")->status_text, ==, "interface eth7 is missing");
        g_assert_true(tracker_is_known(tracker(&f, "eth7")));
        g_assert_cmpuint(f.n_flips, ==, 0);

        ip("link set eth1 up");
        await_text(&f, "eth1", "interface eth1 is up", true);
        g_assert_cmpuint(f.n_flips, ==, 1);
        ip("link set far down");
        await_text(&f, "eth1", "interface eth1 has no carrier", false);
        g_assert_cmpuint(f.n_flips, ==, 2);
        ip("link set eth1 down");
        await_text(&f, "eth1", "interface eth1 is down", false);
        g_assert_cmpuint(f.n_flips, ==, 2);
        ip("link set far up");
        ip("link set eth1 up");
        await_text(&f, "eth1", "interface eth1 is up", true);
        ip("link del eth1");
        await_text(&f, "eth1", "interface eth1 is missing", false);
        g_assert_cmpuint(f.n_flips, ==, 4);
        ip("link add eth1 type veth peer name far");
        await_text(&f, "eth1", "interface eth1 is down", false);
        ip("link set eth1 name eth7");
        await_text(&f, "eth1", "interface eth1 is missing", false);
        await_text(&f, "eth7", "interface eth7 is down", false);
        g_assert_cmpuint(f.n_flips, ==, 4);
        clear(&f);
}

static void test_shared(void) {
        /* Two instances that track one interface share its tracker; what nobody tracks any more is gone. */
        Fixture f;

        init(&f);
        g_assert_cmpuint(tracker(&f, "eth1")->id, !=, tracker(&f, "eth7")->id);
        f.instances[0].n_tracks = 0;
        g_assert_cmpint(tracker_set_configure(f.set, &f.config), ==, 0);
        g_assert_nonnull(tracker_set_find(f.set, VRRP_TRACKER_INTERFACE, "eth1"));
        g_assert_null(tracker_set_find(f.set, VRRP_TRACKER_INTERFACE, "eth7"));
        g_assert_null(tracker_set_find(f.set, VRRP_TRACKER_SCRIPT, "eth1"));
        f.instances[1].n_tracks = 0;
        g_assert_cmpint(tracker_set_configure(f.set, &f.config), ==, 0);
        g_assert_null(tracker_set_find(f.set, VRRP_TRACKER_INTERFACE, "eth1"));
        tracker_set_link_changed(f.set, "eth1");
        clear(&f);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/interface/life", test_life);
        g_test_add_func("/interface/shared", test_shared);
        return g_test_run();
}
