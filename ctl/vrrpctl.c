/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vrrpctl(1): the command line. Here are the table of verbs and the table of options, and nothing of what a
 * verb does. An option that the given verb has no use for is refused, as is everything else that is not
 * understood. */

#include "ctl/verbs.h"
#include "service/util/parse.h"
#include "service/util/utf8.h"
#include <ctype.h>
#include <getopt.h>
#include <limits.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>

/* Bytes that the daemon keeps of a reason. */
#define REASON_MAX 127

typedef struct Verb {
        const char *name;
        VerbFunction run;
        int min_arguments, max_arguments; /* after the verb; INT_MAX = any number */
        unsigned options;                 /* OptionMask */
        bool needs_no_bus;
        const char *arguments, *help;
} Verb;

static const Verb verbs[] = {
                {"status", verb_status, 0, INT_MAX, 0, false, "[NAME...]",
                                "Instances in a table (the default)"},
                {"show", verb_show, 0, 1, OPTION_CONFIG, false, "NAME | --config",
                                "Everything about one instance, and why"},
                {"failover", verb_failover, 1, 1, OPTIONS_OPERATION, false, "NAME|GROUP",
                                "Hand over to another router"},
                {"elect", verb_elect, 1, 1, OPTIONS_OPERATION, false, "NAME|GROUP",
                                "Let all routers contend again"},
                {"promote", verb_promote, 1, 1, OPTIONS_OPERATION | OPTION_PRIORITY, false, "NAME|GROUP",
                                "Take over by a raised priority"},
                {"pause", verb_pause, 1, 1, OPTIONS_OPERATION, false, "NAME|GROUP",
                                "Take no part, after a hand-over"},
                {"resume", verb_resume, 1, 1, OPTIONS_OPERATION, false, "NAME|GROUP",
                                "End a failover, promotion or pause"},
                {"announce", verb_announce, 1, 1, 0, false, "NAME", "Send gratuitous ARP or ND again"},
                {"reload", verb_reload, 0, 0, 0, false, "", "Let vrrpd read its configuration again"},
                {"check", verb_check, 0, 1, 0, true, "[FILE]", "Would vrrpd run with this configuration?"},
                {"monitor", verb_monitor, 0, INT_MAX, OPTION_EXEC | OPTION_VERBOSE | OPTION_INITIAL, false,
                                "[NAME...]", "Print what happens, as it happens"},
                {"events", verb_events, 0, 0, OPTION_LINES, false, "", "Print what happened lately"},
                {"stats", verb_stats, 0, 1, 0, false, "[NAME]", "Counters"},
                {"groups", verb_groups, 0, 0, 0, false, "", "Sync groups and their members"},
                {"trackers", verb_trackers, 0, 0, 0, false, "", "What the instances watch"},
                {"wait", verb_wait, 1, 1, OPTION_STATE, false, "NAME",
                                "Wait until an instance is in a state"},
                {"is-master", verb_is_master, 1, 1, 0, false, "NAME", "Exit with 0 if master, 1 if not"},
};

enum {
        OPT_JSON = 256,
        OPT_NO_LEGEND,
        OPT_NO_ASK_PASSWORD,
        OPT_COLOR,
        OPT_TIMEOUT,
        OPT_MODE,
        OPT_FORCE,
        OPT_REASON,
        OPT_FOR,
        OPT_PRIORITY,
        OPT_GROUP,
        OPT_INSTANCE,
        OPT_NO_BLOCK,
        OPT_STATE,
        OPT_EXEC,
        OPT_EXEC_TIMEOUT,
        OPT_INITIAL,
        OPT_CONFIG,
        OPT_VERSION,
};

static const struct option long_options[] = {
                {"host", required_argument, NULL, 'H'},
                {"machine", required_argument, NULL, 'M'},
                {"quiet", no_argument, NULL, 'q'},
                {"verbose", no_argument, NULL, 'v'},
                {"lines", required_argument, NULL, 'n'},
                {"help", no_argument, NULL, 'h'},
                {"json", optional_argument, NULL, OPT_JSON},
                {"no-legend", no_argument, NULL, OPT_NO_LEGEND},
                {"no-ask-password", no_argument, NULL, OPT_NO_ASK_PASSWORD},
                {"color", optional_argument, NULL, OPT_COLOR},
                {"timeout", required_argument, NULL, OPT_TIMEOUT},
                {"mode", required_argument, NULL, OPT_MODE},
                {"force", no_argument, NULL, OPT_FORCE},
                {"reason", required_argument, NULL, OPT_REASON},
                {"for", required_argument, NULL, OPT_FOR},
                {"priority", required_argument, NULL, OPT_PRIORITY},
                {"group", no_argument, NULL, OPT_GROUP},
                {"instance", no_argument, NULL, OPT_INSTANCE},
                {"no-block", no_argument, NULL, OPT_NO_BLOCK},
                {"state", required_argument, NULL, OPT_STATE},
                {"exec", required_argument, NULL, OPT_EXEC},
                {"exec-timeout", required_argument, NULL, OPT_EXEC_TIMEOUT},
                {"initial", no_argument, NULL, OPT_INITIAL},
                {"config", no_argument, NULL, OPT_CONFIG},
                {"version", no_argument, NULL, OPT_VERSION},
                {},
};

/* The names of the options that not every verb takes, by their bit. */
static const struct {
        OptionMask bit;
        const char *name;
} verb_options[] = {
                {OPTION_MODE, "--mode or --force"},
                {OPTION_REASON, "--reason"},
                {OPTION_FOR, "--for"},
                {OPTION_PRIORITY, "--priority"},
                {OPTION_GROUP, "--group or --instance"},
                {OPTION_NO_BLOCK, "--no-block"},
                {OPTION_STATE, "--state"},
                {OPTION_EXEC, "--exec and --exec-timeout"},
                {OPTION_VERBOSE, "--verbose"},
                {OPTION_INITIAL, "--initial"},
                {OPTION_CONFIG, "--config"},
                {OPTION_LINES, "--lines"},
};

static int usage_error(const char *format, ...) _printf_(1, 2);
static int usage_error(const char *format, ...) {
        char text[512];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        print_error("%s (see vrrpctl --help)", text);
        return -EINVAL;
}

static void help(void) {
        char left[64];

        printf("vrrpctl [OPTIONS...] VERB ...\n\nShow and control the virtual routers of "
               "vrrpd.\n\nVerbs:\n");
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++) {
                snprintf(left, sizeof(left), "%s %s", verbs[i].name, verbs[i].arguments);
                printf("  %-22s %s\n", left, verbs[i].help);
        }
        printf("\nOptions:\n"
               "  -H --host=[USER@]HOST   Ask the vrrpd of another host, over ssh\n"
               "  -M --machine=NAME       Ask the vrrpd of a local container\n"
               "     --json[=short|pretty|off]\n"
               "                          Print JSON\n"
               "     --no-legend          No headings\n"
               "     --color=auto|always|never\n"
               "     --no-ask-password    Never ask for a password\n"
               "     --timeout=SPAN       How long to wait for vrrpd, an operation, a state\n"
               "  -q --quiet              Print errors only, besides tables and JSON\n"
               "  -h --help               This text\n"
               "     --version            The version\n"
               "\nOf failover, elect, promote, pause, resume:\n"
               "     --mode=graceful|force, --force\n"
               "                          Give up the addresses even without a successor\n"
               "     --reason=TEXT        Why; shown to others and logged\n"
               "     --for=SPAN           End by itself after this time\n"
               "     --priority=1..254    Of promote: the priority\n"
               "     --group              NAME is a sync group, or an instance whose group moves with it\n"
               "     --instance           NAME is an instance, should a group have the same name\n"
               "     --no-block           Do not wait for the end\n"
               "\nOf other verbs:\n"
               "     --config             Of show: the configuration that vrrpd runs, with defaults\n"
               "     --state=STATE[,...]  Of wait: initialize, backup, master, fault\n"
               "     --exec=COMMAND       Of monitor: run it for each finished transition\n"
               "     --exec-timeout=SPAN  Of monitor: how long the command may run (5min)\n"
               "     --initial            Of monitor: begin with the present states\n"
               "  -v --verbose            Of monitor: changed properties too\n"
               "  -n --lines=N            Of events: the last N\n"
               "\nSee vrrpctl(1).\n");
}

static int parse_json(const char *s, JsonMode *ret) {
        static const char *const modes[] = {"off", "short", "pretty"};

        for (size_t i = 0; i < ELEMENTSOF(modes); i++)
                if (streq(modes[i], s ? s : "short")) {
                        *ret = (JsonMode)i;
                        return 0;
                }
        return usage_error("--json takes short, pretty or off, not \"%s\"", s);
}

static int parse_color(const char *s, bool *ret) {
        if (!s || streq(s, "always"))
                *ret = true;
        else if (streq(s, "never"))
                *ret = false;
        else if (streq(s, "auto"))
                *ret = output_color_wanted();
        else
                return usage_error("--color takes auto, always or never, not \"%s\"", s);
        return 0;
}

/* A time span greater than nothing. */
static int parse_span(const char *option, const char *s, usec_t *ret) {
        if (parse_timespan(s, ret) < 0 || *ret == 0)
                return usage_error("%s takes a time such as 90s or 10min, not \"%s\"", option, s);
        return 0;
}

static int parse_number(const char *option, const char *s, unsigned min, unsigned max, unsigned *ret) {
        if (parse_unsigned(s, min, max, ret) < 0)
                return usage_error("%s takes a number from %u to %u, not \"%s\"", option, min, max, s);
        return 0;
}

/* Comma-separated names of states, each of them known. */
static int check_states(const char *s) {
        static const char *const states[] = {"initialize", "backup", "master", "fault"};

        for (const char *p = s;; p += 1) {
                size_t n = strcspn(p, ","), i = 0;
                while (i < ELEMENTSOF(states) && !(strlen(states[i]) == n && memcmp(states[i], p, n) == 0))
                        i++;
                if (i == ELEMENTSOF(states))
                        return usage_error(
                                        "--state takes initialize, backup, master and fault, not \"%.*s\"",
                                        (int)n, p);
                p += n;
                if (!*p)
                        return 0;
        }
}

/* What the daemon would refuse, or the bus not carry. */
static int parse_reason(const char *s, Options *o) {
        if (!utf8_is_valid(s))
                return usage_error("the text of --reason is not UTF-8");
        for (const char *p = s; *p; p++)
                if (iscntrl((unsigned char)*p))
                        return usage_error("the text of --reason has a control character in it");
        if (strlen(s) > REASON_MAX)
                return usage_error("the text of --reason is %zu bytes long; the limit is %d", strlen(s),
                                REASON_MAX);
        o->reason = s;
        o->given |= OPTION_REASON;
        return 0;
}

static int parse_mode(const char *s, Options *o) {
        if (!streq(s, "graceful") && !streq(s, "force"))
                return usage_error("--mode takes graceful or force, not \"%s\"", s);
        o->mode = s;
        o->given |= OPTION_MODE;
        return 0;
}

/* The options that only some verbs take. 1: it is none of them. */
static int parse_verb_option(int c, Options *o) {
        switch (c) {
        case OPT_MODE:
                return parse_mode(optarg, o);
        case OPT_FORCE:
                return parse_mode("force", o);
        case OPT_REASON:
                return parse_reason(optarg, o);
        case OPT_FOR:
                o->given |= OPTION_FOR;
                return parse_span("--for", optarg, &o->hold_usec);
        case OPT_PRIORITY:
                o->given |= OPTION_PRIORITY;
                return parse_number("--priority", optarg, 1, 254, &o->priority);
        case OPT_GROUP:
                o->group = true;
                o->given |= OPTION_GROUP;
                return 0;
        case OPT_INSTANCE:
                o->instance = true;
                o->given |= OPTION_GROUP;
                return 0;
        case OPT_NO_BLOCK:
                o->no_block = true;
                o->given |= OPTION_NO_BLOCK;
                return 0;
        case OPT_STATE:
                o->states = optarg;
                o->given |= OPTION_STATE;
                return check_states(optarg);
        case OPT_EXEC:
                o->exec = optarg;
                o->given |= OPTION_EXEC;
                return 0;
        case OPT_EXEC_TIMEOUT:
                o->given |= OPTION_EXEC;
                return parse_span("--exec-timeout", optarg, &o->exec_timeout_usec);
        case OPT_INITIAL:
                o->initial = true;
                o->given |= OPTION_INITIAL;
                return 0;
        case OPT_CONFIG:
                o->config = true;
                o->given |= OPTION_CONFIG;
                return 0;
        case 'v':
                o->verbose = true;
                o->given |= OPTION_VERBOSE;
                return 0;
        case 'n':
                o->given |= OPTION_LINES;
                return parse_number("--lines", optarg, 1, UINT_MAX, &o->lines);
        default:
                return 1;
        }
}

/* The options that all verbs take. */
static int parse_common_option(int c, Context *x) {
        switch (c) {
        case 'H':
                x->connection.host = optarg;
                return 0;
        case 'M':
                x->connection.machine = optarg;
                return 0;
        case 'q':
                x->output.quiet = true;
                return 0;
        case OPT_JSON:
                return parse_json(optarg, &x->output.json);
        case OPT_NO_LEGEND:
                x->output.legend = false;
                return 0;
        case OPT_NO_ASK_PASSWORD:
                x->connection.interactive = false;
                return 0;
        case OPT_COLOR:
                return parse_color(optarg, &x->output.color);
        case OPT_TIMEOUT:
                return parse_span("--timeout", optarg, &x->options.timeout_usec);
        default: /* getopt has said what is wrong */
                return -EINVAL;
        }
}

/* 1: everything is done already (--help, --version). */
static int parse_options(int argc, char **argv, Context *x) {
        int c;

        while ((c = getopt_long(argc, argv, "H:M:qvn:h", long_options, NULL)) >= 0) {
                if (c == 'h') {
                        help();
                        return 1;
                }
                if (c == OPT_VERSION) {
                        puts("vrrpctl " VRRPD_VERSION);
                        return 1;
                }
                int r = parse_verb_option(c, &x->options);
                if (r == 1)
                        r = parse_common_option(c, x);
                if (r < 0)
                        return r;
        }
        if (x->connection.host && x->connection.machine)
                return usage_error("--host and --machine exclude each other");
        x->connection.timeout_usec = x->options.timeout_usec == USEC_INFINITY ? 0 : x->options.timeout_usec;
        return 0;
}

/* The verb with its arguments and options makes sense. argc counts the verb. */
static int check_usage(const Verb *verb, int argc, const Context *x) {
        if (argc - 1 < verb->min_arguments)
                return usage_error("%s needs %s", verb->name, verb->arguments);
        if (argc - 1 > verb->max_arguments)
                return usage_error("%s takes %s%s", verb->name, *verb->arguments ? "only " : "no arguments",
                                verb->arguments);
        for (size_t i = 0; i < ELEMENTSOF(verb_options); i++)
                if (x->options.given & ~verb->options & verb_options[i].bit)
                        return usage_error("%s is not an option of %s", verb_options[i].name, verb->name);
        if (verb->options & OPTION_CONFIG && (argc > 1) == x->options.config)
                return usage_error(x->options.config ? "show takes a name or --config, not both"
                                                     : "show needs a name, or --config");
        if (x->options.group && x->options.instance)
                return usage_error("--group and --instance exclude each other");
        if (verb->options & OPTION_STATE && !x->options.states)
                return usage_error("%s needs --state", verb->name);
        if (verb->needs_no_bus && (x->connection.host || x->connection.machine))
                return usage_error("%s looks at files of this host only", verb->name);
        return 0;
}

static const Verb *find_verb(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                if (streq(verbs[i].name, name))
                        return &verbs[i];
        return NULL;
}

/* Output that did not arrive is a failure, too: a script must not take a cut-off answer for a whole one. */
static int check_output(int code) {
        if (fflush(stdout) == 0 && !ferror(stdout))
                return code;
        print_error("cannot write the output: %s", strerror(errno));
        return code == CTL_OK ? CTL_FAILURE : code;
}

int main(int argc, char **argv) {
        static char default_verb[] = "status";
        char *no_arguments[] = {default_verb, NULL};
        Context x = {.output.legend = true, .connection.interactive = true};

        setlocale(LC_ALL, "");
        x.output.color = output_color_wanted();
        int r = parse_options(argc, argv, &x);
        if (r != 0)
                return r < 0 ? CTL_USAGE : check_output(CTL_OK);
        argc -= optind;
        argv += optind;
        if (argc == 0) {
                argc = 1;
                argv = no_arguments;
        }
        const Verb *verb = find_verb(argv[0]);
        if (!verb)
                r = usage_error("there is no verb \"%s\"", argv[0]);
        else
                r = check_usage(verb, argc, &x);
        if (r < 0)
                return CTL_USAGE;

        if (!verb->needs_no_bus)
                r = client_open(&x.connection, &x.client);
        int code = r < 0 ? client_report_open(&x.connection, verb->name, r) : verb->run(argc, argv, &x);
        client_free(x.client);
        return check_output(code);
}
