/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The chain of one question: GetConnectionUnixUser(sender) → root is granted → CheckAuthorization for each
 * action → granted. Each link is an asynchronous bus call whose slot the question owns, so freeing a
 * question ends it wherever it is. The list of questions is bounded: a caller that never answers its
 * password dialog must not cost memory without end.
 *
 * It knows nothing of instances; what the details mean is the business of whoever asks and of the
 * administrator's rules. */

#include "policy/authorize.h"
#include "service/util/list.h"
#include "service/util/log.h"

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"
#define POLKIT_ALLOW_INTERACTION 1U /* CheckAuthorizationFlags of polkit's D-Bus reference */

#define INTERACTIVE_TIMEOUT_USEC (120 * USEC_PER_SEC) /* somebody types a password */
#define TIMEOUT_USEC (25 * USEC_PER_SEC)
#define QUESTIONS_MAX 1024
#define QUESTIONS_PER_CALLER_MAX 64

#define ERROR_INTERACTIVE "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"

struct Authorizer {
        List questions;
        size_t n_questions;
};

typedef struct Question {
        List link; /* in Authorizer.questions */
        Authorizer *authorizer;
        sd_bus_message *call;
        sd_bus_slot *slot; /* of the link of the chain that is being waited for */
        const char *actions[2];
        size_t next_action;
        char *details[AUTHORIZE_DETAILS_MAX][2];
        size_t n_details;
        uid_t uid;
        AuthorizeGranted granted;
        void (*destroy)(void *userdata);
        void *userdata;
} Question;

static Question *question_free(Question *q) {
        if (!q)
                return NULL;
        if (list_linked(&q->link)) {
                list_remove(&q->link);
                q->authorizer->n_questions--;
        }
        sd_bus_slot_unref(q->slot);
        sd_bus_message_unref(q->call);
        for (size_t i = 0; i < q->n_details; i++) {
                free(q->details[i][0]);
                free(q->details[i][1]);
        }
        if (q->destroy)
                q->destroy(q->userdata);
        free(q);
        return NULL;
}
DEFINE_CLEANUP(Question, question_free);

int authorizer_new(Authorizer **ret) {
        Authorizer *a = calloc(1, sizeof(*a));
        if (!a)
                return -ENOMEM;
        list_init(&a->questions);
        *ret = a;
        return 0;
}

void authorizer_cancel_all(Authorizer *a) {
        while (!list_empty(&a->questions))
                question_free(CONTAINER_OF(a->questions.next, Question, link));
}

Authorizer *authorizer_free(Authorizer *a) {
        if (!a)
                return NULL;
        authorizer_cancel_all(a);
        free(a);
        return NULL;
}

static void question_deny(Question *q, const char *error, const char *text) {
        (void)sd_bus_reply_method_errorf(q->call, error, "%s", text);
        question_free(q);
}

/* Of several actions the one that was not granted is named: it is what an administrator has to allow. */
static void question_deny_action(Question *q, const char *error, const char *text) {
        (void)sd_bus_reply_method_errorf(q->call, error, "%s %s.", text, q->actions[q->next_action - 1]);
        question_free(q);
}

static int question_ask_polkit(Question *q);

/* What is said to the caller when polkit itself could not decide. */
static const char *polkit_failure_text(const sd_bus_error *e) {
        if (sd_bus_error_has_name(e, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
                        sd_bus_error_has_name(e, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
                return "Only root may do this: polkit is not available.";
        if (sd_bus_error_has_name(e, "org.freedesktop.PolicyKit1.Error.NotAuthorized"))
                return "Only root may do this: polkit does not take questions from the user that vrrpd runs "
                       "as "
                       "(see \"Another user\" in vrrpd(8)).";
        return "Only root may do this now: polkit gave no answer.";
}

static int on_polkit_answer(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Question *q = userdata;
        int authorized, challenge;

        q->slot = sd_bus_slot_unref(q->slot);
        const sd_bus_error *e = sd_bus_message_get_error(m);
        if (e) {
                log_debug("polkit gave no answer: %s: %s", e->name, strempty(e->message));
                question_deny(q, SD_BUS_ERROR_ACCESS_DENIED, polkit_failure_text(e));
                return 0;
        }
        if (sd_bus_message_enter_container(m, 'r', "bba{ss}") < 0 ||
                        sd_bus_message_read(m, "bb", &authorized, &challenge) < 0)
                question_deny(q, SD_BUS_ERROR_ACCESS_DENIED, "polkit's answer could not be read.");
        else if (challenge && !authorized)
                question_deny_action(q, ERROR_INTERACTIVE, "Interactive authentication is required for");
        else if (!authorized)
                question_deny_action(q, SD_BUS_ERROR_ACCESS_DENIED, "polkit refused");
        else if (question_ask_polkit(q) < 0)
                question_deny(q, SD_BUS_ERROR_ACCESS_DENIED, "polkit could not be asked.");
        return 0;
}

static int append_details(sd_bus_message *m, const Question *q) {
        int r = sd_bus_message_open_container(m, 'a', "{ss}");
        for (size_t i = 0; r >= 0 && i < q->n_details; i++)
                r = sd_bus_message_append(m, "{ss}", q->details[i][0], q->details[i][1]);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* CheckAuthorization((sa{sv}) subject, s action, a{ss} details, u flags, s cancellation) for the next
 * action; all granted: tells so and ends the question. < 0: the question still exists. */
static int question_ask_polkit(Question *q) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        while (q->next_action < ELEMENTSOF(q->actions) && !q->actions[q->next_action])
                q->next_action++;
        if (q->next_action >= ELEMENTSOF(q->actions)) {
                q->granted(q->call, q->uid, q->userdata);
                question_free(q);
                return 0;
        }

        sd_bus *bus = sd_bus_message_get_bus(q->call);
        bool interactive = sd_bus_message_get_allow_interactive_authorization(q->call) > 0;
        r = sd_bus_message_new_method_call(
                        bus, &m, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE, "CheckAuthorization");
        if (r >= 0)
                r = sd_bus_message_append(m, "(sa{sv})s", "system-bus-name", 1, "name", "s",
                                sd_bus_message_get_sender(q->call), q->actions[q->next_action]);
        if (r >= 0)
                r = append_details(m, q);
        if (r >= 0)
                r = sd_bus_message_append(m, "us", interactive ? POLKIT_ALLOW_INTERACTION : 0U, "");
        if (r >= 0)
                r = sd_bus_call_async(bus, &q->slot, m, on_polkit_answer, q,
                                interactive ? INTERACTIVE_TIMEOUT_USEC : TIMEOUT_USEC);
        if (r < 0)
                return r;
        q->next_action++;
        return 0;
}

static int on_uid(sd_bus_message *m, void *userdata, sd_bus_error *ret_error) {
        Question *q = userdata;
        uint32_t uid;

        q->slot = sd_bus_slot_unref(q->slot);
        /* The bus daemon knows no such connection: the caller has gone, there is nobody to tell. */
        if (sd_bus_message_is_method_error(m, SD_BUS_ERROR_NAME_HAS_NO_OWNER)) {
                question_free(q);
                return 0;
        }
        if (sd_bus_message_is_method_error(m, NULL) || sd_bus_message_read(m, "u", &uid) < 0) {
                question_deny(q, SD_BUS_ERROR_ACCESS_DENIED, "The bus daemon did not say who is calling.");
                return 0;
        }
        q->uid = uid;
        if (uid == 0)
                q->next_action = ELEMENTSOF(q->actions);
        if (question_ask_polkit(q) < 0)
                question_deny(q, SD_BUS_ERROR_ACCESS_DENIED, "polkit could not be asked.");
        return 0;
}

static bool too_many(const Authorizer *a, const char *sender) {
        size_t n = 0;

        LIST_FOREACH (l, &a->questions) {
                const char *s = sd_bus_message_get_sender(CONTAINER_OF(l, Question, link)->call);
                if (streq_ptr(s, sender))
                        n++;
        }
        return a->n_questions >= QUESTIONS_MAX || n >= QUESTIONS_PER_CALLER_MAX;
}

static int copy_details(Question *q, const AuthorizeQuery *query) {
        for (size_t i = 0; i < query->n_details; i++) {
                q->details[i][0] = strdup(query->details[i][0]);
                q->details[i][1] = strdup(query->details[i][1]);
                q->n_details++;
                if (!q->details[i][0] || !q->details[i][1])
                        return -ENOMEM;
        }
        return 0;
}

int authorizer_ask(Authorizer *a, sd_bus_message *call, const AuthorizeQuery *query,
                AuthorizeGranted granted, void (*destroy)(void *userdata), void *userdata) {
        const char *sender = sd_bus_message_get_sender(call);
        _cleanup_(question_freep) Question *q = calloc(1, sizeof(*q));
        int r;

        if (!q) {
                destroy(userdata);
                return -ENOMEM;
        }
        q->authorizer = a;
        q->call = sd_bus_message_ref(call);
        q->granted = granted;
        q->destroy = destroy;
        q->userdata = userdata;
        q->actions[0] = query->actions[0];
        q->actions[1] = query->actions[1];
        q->uid = (uid_t)-1;

        if (!sender || !q->actions[0])
                return -EACCES;
        if (too_many(a, sender))
                return -ENOBUFS;
        r = copy_details(q, query);
        if (r < 0)
                return r;
        r = sd_bus_call_method_async(sd_bus_message_get_bus(call), &q->slot, "org.freedesktop.DBus",
                        "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixUser", on_uid, q,
                        "s", sender);
        if (r < 0)
                return r;
        list_append(&a->questions, &q->link);
        a->n_questions++;
        (void)TAKE_PTR(q);
        return 0;
}
