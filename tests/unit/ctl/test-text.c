/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parts of vrrpctl that need no bus: text made safe, times, and the sentences of "why". */

#include "ctl/output.h"
#include "ctl/why.h"
#include <glib.h>
#include <locale.h>

static void assert_escaped(const char *text, const char *expected) {
        g_autofree char *escaped = text_escape(text);
        g_assert_cmpstr(escaped, ==, expected);
}

/* Property: in a UTF-8 locale letters of all scripts stay, and controls, reordering marks and broken bytes
 * do not. */
static void test_escape_utf8(void) {
        assert_escaped("plain ä 漢 😀 \\ \"", "plain ä 漢 😀 \\ \"");
        assert_escaped("a\nb\tc\rd\033[1m\177", "a\\nb\\tc\\x0dd\\x1b[1m\\x7f");
        assert_escaped("\302\233", "\\xc2\\x9b");                   /* C1 */
        assert_escaped("\342\200\256x", "\\xe2\\x80\\xaex");        /* right-to-left override */
        assert_escaped("\343", "\\xe3");                            /* cut off */
        assert_escaped("\300\200", "\\xc0\\x80");                   /* overlong */
        assert_escaped("\355\240\200", "\\xed\\xa0\\x80");          /* surrogate */
        assert_escaped("\364\220\200\200", "\\xf4\\x90\\x80\\x80"); /* above U+10FFFF */
        assert_escaped("\363\240\201\201", "\\xf3\\xa0\\x81\\x81"); /* tag */
        assert_escaped("", "");
}

/* Property: elsewhere everything outside ASCII becomes an escape. */
static void test_escape_ascii(void) {
        g_assert_nonnull(setlocale(LC_ALL, "C"));
        assert_escaped("ä", "\\xc3\\xa4");
        g_assert_cmpstr(output_arrow_left(), ==, "<-");
        g_assert_cmpstr(output_arrow_right(), ==, "->");
        g_assert_nonnull(setlocale(LC_ALL, "C.UTF-8"));
        g_assert_cmpstr(output_arrow_left(), ==, "←");
        g_assert_cmpstr(output_arrow_right(), ==, "→");
}

/* Property: times: none is a dash, the future is now, milliseconds are kept. */
static void test_times(void) {
        char buf[FORMAT_TIME_MAX], since[FORMAT_TIMESPAN_MAX];
        g_assert_cmpstr(format_time(0, buf, sizeof(buf)), ==, "-");
        g_assert_cmpstr(format_time(1700000000007000, buf, sizeof(buf)), ==, "2023-11-14 22:13:20.007");
        g_assert_cmpstr(format_time(UINT64_MAX, buf, sizeof(buf)), !=, "");
        g_assert_cmpstr(format_since(0, 5, since, sizeof(since)), ==, "-");
        g_assert_cmpstr(format_since(10, 5, since, sizeof(since)), ==, "0s");
        g_assert_cmpstr(format_since(1, 276000 * USEC_PER_SEC + 1, since, sizeof(since)), ==, "3d 4h");
}

/* Property: no number is printed as a negative one. */
static void test_json_numbers(void) {
        json_t *v = json_u64(UINT64_MAX);
        g_assert_cmpint(json_integer_value(v), ==, INT64_MAX);
        json_decref(v);
        v = json_u64_or_null(0);
        g_assert_true(json_is_null(v));
        json_decref(v);
}

/* A backup with everyday values; strings are literals. */
static Instance everyday(void) {
        return (Instance){
                        .name = (char *)"V",
                        .state = (char *)"backup",
                        .state_reason = (char *)"higher-priority-master",
                        .state_change_realtime = 1,
                        .admin_state = (char *)"enabled",
                        .admin_reason = (char *)"",
                        .admin_uid = UINT32_MAX,
                        .priority = 100,
                        .base_priority = 100,
                        .preempt = true,
                        .master_address = (char *)"192.0.2.7",
                        .master_priority = 150,
                        .source_address = (char *)"192.0.2.1",
                        .sync_group = (char *)"/",
        };
}

/* All sentences about i, of which s knows the others of its group; one a line. */
static char *why_among(const Instance *i, Snapshot s) {
        StringList l = {};
        GString *all = g_string_new("");
        g_assert_cmpint(why_explain(i, &s, &l), ==, 0);
        for (size_t k = 0; k < l.n; k++)
                g_string_append_printf(all, "%s\n", l.items[k]);
        string_list_done(&l);
        return g_string_free(all, FALSE);
}

static char *why(const Instance *i) {
        return why_among(i, (Snapshot){});
}

static void assert_why(const Instance *i, const char *part) {
        g_autofree char *text = why(i);
        if (!strstr(text, part))
                g_test_message("\"%s\" is not in:\n%s", part, text);
        g_assert_nonnull(strstr(text, part));
}

/* Property: a backup is explained by the comparison that VRRP makes, and by what holds back one that would
 * win it. */
static void test_why_backup(void) {
        Instance i = everyday();
        assert_why(&i, "because a master with a higher priority was heard");
        assert_why(&i, "The master 192.0.2.7 has priority 150, higher than the 100 of this host.");
        i.master_priority = 100;
        assert_why(&i, "same priority, 100; between live routers of equal priority the master stays");
        i.master_priority = 90;
        assert_why(&i, "It takes over as soon as its timer ends.");
        i.preempt_delay_usec = 300 * USEC_PER_SEC;
        assert_why(&i, "It takes over when it has been better for 5min (preempt_delay).");
        i.preempt = false;
        assert_why(&i, "preemption is off (nopreempt). Take over once with: vrrpctl elect V");
        i.admin_state = (char *)"yielding";
        assert_why(&i, "It yields");
        g_autofree char *text = why(&i);
        g_assert_null(strstr(text, "nopreempt"));
        i.master_address = (char *)"";
        assert_why(&i, "No master is known. If none is heard, this host takes over with priority 100.");
}

/* Property: a member of a sync group that would win is explained by the member that would not. */
static void test_why_group(void) {
        Instance both[2] = {everyday(), everyday()};
        both[0].sync_group = both[1].sync_group = (char *)"/org/vrrpd/Vrrp1/group/VG_5f1";
        both[0].master_priority = 90;
        both[1].name = (char *)"W";
        both[1].master_address = (char *)"192.0.2.8";
        g_autofree char *held = why_among(&both[0], (Snapshot){.instances = both, .n_instances = 2});
        g_assert_nonnull(strstr(held,
                        "It is held back by its sync group VG_1: the master 192.0.2.8 of W has priority "
                        "150, not lower than the 100 of this host there."));
        both[1].master_priority = 90;
        g_autofree char *soon = why_among(&both[0], (Snapshot){.instances = both, .n_instances = 2});
        g_assert_nonnull(strstr(soon, "It takes over as soon as the last timer of its sync group ends."));
        both[0].preempt = false;
        assert_why(&both[0], "Take over once with: vrrpctl elect --group VG_1");
}

/* Property: a master is explained by how it became one, and by addresses that are still missing. */
static void test_why_master(void) {
        Instance i = everyday();
        i.state = (char *)"master";
        i.state_reason = (char *)"master-down";
        char *vips[] = {(char *)"192.0.2.10/24"};
        i.vips = (StringArray){vips, 1};
        assert_why(&i, "This host is master since");
        assert_why(&i, "because the master fell silent.");
        assert_why(&i, "It announces itself with priority 100 from 192.0.2.1.");
        assert_why(&i, "The kernel has confirmed 0 of its 1 addresses so far.");
        i.active_vips = i.vips;
        g_autofree char *text = why(&i);
        g_assert_null(strstr(text, "confirmed"));
        i.source_address = (char *)"";
        assert_why(&i, "from an unknown address");
}

/* Property: faults, holds, conflicts and a changed priority each get a sentence; unknown words are shown as
 * they are. */
static void test_why_disturbances(void) {
        Instance i = everyday();
        Pair fault = {(char *)"link", (char *)"interface eth1 is down"};
        Pair conflicts[] = {
                        {(char *)"two-masters", (char *)"192.0.2.9"},
                        {(char *)"vip-mismatch", (char *)"192.0.2.9"},
                        {(char *)"interval-mismatch", (char *)"192.0.2.9"},
                        {(char *)"auth-mismatch", (char *)""},
                        {(char *)"version-mismatch", (char *)"192.0.2.9"},
                        {(char *)"same-source", (char *)"192.0.2.1"},
                        {(char *)"new-kind", (char *)"192.0.2.9"},
        };
        i.state = (char *)"fault";
        i.state_reason = (char *)"fault";
        i.priority = 90;
        i.faults = (PairArray){&fault, 1};
        i.conflicts = (PairArray){conflicts, G_N_ELEMENTS(conflicts)};
        assert_why(&i, "This host cannot take part: the instance is in fault since");
        assert_why(&i, "Fault (link): interface eth1 is down.");
        assert_why(&i, "Its priority is 90 at present; 100 is configured.");
        assert_why(&i, "Conflict: 192.0.2.9 is master too.");
        assert_why(&i, "Conflict: 192.0.2.9 announces other addresses than are configured here.");
        assert_why(&i, "Conflict: 192.0.2.9 announces another advertisement interval.");
        assert_why(&i, "Conflict: another router uses another authentication.");
        assert_why(&i, "Conflict: 192.0.2.9 speaks another version of VRRP.");
        assert_why(&i, "Conflict: 192.0.2.1 is the source address of another router, too, whose adverts");
        assert_why(&i, "Conflict: new-kind: 192.0.2.9.");

        i.state = (char *)"initialize";
        i.state_reason = (char *)"none";
        i.state_change_realtime = 0;
        assert_why(&i, "This host does not take part; it has not changed since vrrpd started.");
        i.state = (char *)"dreaming";
        i.state_reason = (char *)"moon";
        i.state_change_realtime = 1;
        i.admin_state = (char *)"blessed";
        i.admin_uid = 0;
        assert_why(&i, "dreaming since");
        assert_why(&i, "blessed, by user 0. End it with: vrrpctl resume V");
}

int main(int argc, char **argv) {
        g_setenv("TZ", "UTC", TRUE);
        setlocale(LC_ALL, "C.UTF-8");
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/text/escape-utf8", test_escape_utf8);
        g_test_add_func("/ctl/text/escape-ascii", test_escape_ascii);
        g_test_add_func("/ctl/text/times", test_times);
        g_test_add_func("/ctl/text/json-numbers", test_json_numbers);
        g_test_add_func("/ctl/why/backup", test_why_backup);
        g_test_add_func("/ctl/why/group", test_why_group);
        g_test_add_func("/ctl/why/master", test_why_master);
        g_test_add_func("/ctl/why/disturbances", test_why_disturbances);
        return g_test_run();
}
