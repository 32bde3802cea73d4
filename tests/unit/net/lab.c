/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The two-namespace laboratory. It asks the kernel by itself, with plain sockets, so that what is tested is
 * not also the judge. */

#include "tests/unit/net/lab.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* From <net/if.h>, which cannot stand beside <linux/if.h> (OPERSTATE_UP). */
extern unsigned if_nametoindex(const char *name);

#define IFA_PROTO_NUMBER 11
/* IF_OPER_UP of linux/if.h, which does not go together with net/if.h. */
#define OPERSTATE_UP 6

static void write_sysctl(const char *path, const char *value) {
        int fd = open(path, O_WRONLY | O_CLOEXEC);

        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(write(fd, value, strlen(value)), ==, (ssize_t)strlen(value));
        close(fd);
}

static int new_namespace(void) {
        int fd;

        if (unshare(CLONE_NEWNET) < 0)
                g_error("Cannot make a network namespace (these tests need root): %s", g_strerror(errno));
        write_sysctl("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
        write_sysctl("/proc/sys/net/ipv6/conf/all/accept_dad", "0");
        fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
        g_assert_cmpint(fd, >=, 0);
        return fd;
}

/* The link's operational state, asked under the kernel's RTNL lock: what the kernel does on a carrier's
 * arrival is then complete. */
static int operstate(int ifindex) {
        struct {
                struct nlmsghdr header;
                struct ifinfomsg info;
        } request = {
                        .header = {.nlmsg_len = sizeof(request),
                                        .nlmsg_type = RTM_GETLINK,
                                        .nlmsg_flags = NLM_F_REQUEST},
                        .info.ifi_index = ifindex,
        };
        char buffer[16384] __attribute__((aligned(8)));
        struct nlmsghdr *header = (struct nlmsghdr *)(void *)buffer;
        _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        int size;

        g_assert_cmpint(send(fd, &request, sizeof(request), 0), ==, sizeof(request));
        g_assert_cmpint(recv(fd, buffer, sizeof(buffer), 0), >, 0);
        g_assert_cmpint(header->nlmsg_type, ==, RTM_NEWLINK);
        size = (int)IFLA_PAYLOAD(header);
        for (struct rtattr *a = IFLA_RTA(NLMSG_DATA(header)); RTA_OK(a, size); a = RTA_NEXT(a, size))
                if (a->rta_type == IFLA_OPERSTATE)
                        return *(uint8_t *)RTA_DATA(a);
        g_assert_not_reached();
}

void lab_link_up(const char *name) {
        const struct sockaddr_nl groups = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
        _cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        struct pollfd pollfd = {.fd = fd, .events = POLLIN};
        char buffer[16384];

        g_assert_cmpint(bind(fd, (const struct sockaddr *)&groups, sizeof(groups)), ==, 0);
        lab_run("ip link set %s up", name);
        while (operstate(lab_ifindex(name)) != OPERSTATE_UP) {
                if (poll(&pollfd, 1, 60000) != 1)
                        g_error("%s does not come up", name);
                g_assert_cmpint(recv(fd, buffer, sizeof(buffer), 0), >, 0);
        }
}

static void enter(int fd) {
        g_assert_cmpint(setns(fd, CLONE_NEWNET), ==, 0);
}

void lab_enter_here(Lab *lab) {
        enter(lab->here_fd);
}

void lab_enter_there(Lab *lab) {
        enter(lab->there_fd);
}

void lab_setup(Lab *lab, const void *unused) {
        lab->there_fd = new_namespace();
        lab_run("ip link set lo up");
        lab->here_fd = new_namespace();
        lab_run("ip link set lo up");
        lab_run("ip link add eth0 type veth peer name eth0 netns /proc/%d/fd/%d", getpid(), lab->there_fd);
        lab_run("ip link set eth0 up");
        lab_run("ip address add 192.0.2.1/24 dev eth0");
        lab_enter_there(lab);
        lab_link_up("eth0");
        lab_run("ip address add 192.0.2.2/24 dev eth0");
        lab_enter_here(lab);
        lab_link_up("eth0");
        g_assert_cmpint(sd_event_new(&lab->event), >=, 0);
}

void lab_teardown(Lab *lab, const void *unused) {
        sd_event_unref(lab->event);
        close(lab->here_fd);
        close(lab->there_fd);
}

void lab_run(const char *format, ...) {
        g_autofree char *command = NULL, *errors = NULL;
        g_autoptr(GError) error = NULL;
        va_list arguments;
        int status;

        va_start(arguments, format);
        command = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        if (!g_spawn_command_line_sync(command, NULL, &errors, &status, &error))
                g_error("%s: %s", command, error->message);
        if (!g_spawn_check_wait_status(status, NULL))
                g_error("%s: %s", command, errors);
}

void lab_ip_batch(const char *commands) {
        g_autofree char *path = NULL;
        int fd = g_file_open_tmp("vrrpd-net-test-XXXXXX", &path, NULL);

        g_assert_cmpint(fd, >=, 0);
        close(fd);
        g_assert_true(g_file_set_contents(path, commands, -1, NULL));
        lab_run("ip -batch %s", path);
        unlink(path);
}

int lab_ifindex(const char *name) {
        int ifindex = (int)if_nametoindex(name);

        g_assert_cmpint(ifindex, >, 0);
        return ifindex;
}

VrrpAddress lab_address(const char *text) {
        VrrpAddress a = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

        g_assert_cmpint(inet_pton(a.family, text, a.bytes), ==, 1);
        return a;
}

void lab_wait(Lab *lab, bool (*done)(void *userdata), void *userdata) {
        gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

        while (!done(userdata)) {
                if (g_get_monotonic_time() > end)
                        g_error("What the test waits for does not happen");
                g_assert_cmpint(sd_event_run(lab->event, 100 * USEC_PER_MSEC), >=, 0);
        }
}

void lab_run_ready(Lab *lab) {
        while (sd_event_run(lab->event, 0) > 0)
                ;
}

static bool is_netlink(int fd) {
        int domain;
        socklen_t size = sizeof(domain);

        return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_NETLINK;
}

void lab_shrink_buffers(int size) {
        for (int fd = 3; fd < 64; fd++)
                if (is_netlink(fd))
                        g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), ==, 0);
}

size_t lab_netlink_ports(uint32_t *ret, size_t max) {
        size_t n = 0;

        for (int fd = 3; fd < 64 && n < max; fd++) {
                struct sockaddr_nl address;
                socklen_t size = sizeof(address);

                if (!is_netlink(fd))
                        continue;
                g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &size), ==, 0);
                ret[n++] = address.nl_pid;
        }
        return n;
}

int lab_as_nobody(int (*f)(void *userdata), void *userdata) {
        int status;
        pid_t pid = fork();

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                if (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 ||
                                setresuid(65534, 65534, 65534) < 0)
                        _exit(0);
                _exit(-f(userdata));
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status));
        return -WEXITSTATUS(status);
}

/* -- The kernel's own word -- */

typedef void (*AddressVisitor)(
                const struct ifaddrmsg *info, struct rtattr *const *attributes, void *userdata);

static void visit_message(struct nlmsghdr *header, AddressVisitor visit, void *userdata) {
        const struct ifaddrmsg *info = NLMSG_DATA(header);
        struct rtattr *attributes[IFA_PROTO_NUMBER + 1] = {0};
        int size = (int)IFA_PAYLOAD(header);

        for (struct rtattr *a = IFA_RTA(NLMSG_DATA(header)); RTA_OK(a, size); a = RTA_NEXT(a, size))
                if (a->rta_type < G_N_ELEMENTS(attributes))
                        attributes[a->rta_type] = a;
        visit(info, attributes, userdata);
}

static void visit_addresses(AddressVisitor visit, void *userdata) {
        struct {
                struct nlmsghdr header;
                struct ifaddrmsg info;
        } request = {
                        .header = {.nlmsg_len = sizeof(request),
                                        .nlmsg_type = RTM_GETADDR,
                                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        };
        char buffer[65536] __attribute__((aligned(8)));
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

        g_assert_cmpint(send(fd, &request, sizeof(request), 0), ==, sizeof(request));
        for (;;) {
                ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

                g_assert_cmpint(n, >, 0);
                for (struct nlmsghdr *h = (struct nlmsghdr *)(void *)buffer; NLMSG_OK(h, (size_t)n);
                                h = NLMSG_NEXT(h, n)) {
                        g_assert_cmpint(h->nlmsg_type, !=, NLMSG_ERROR);
                        if (h->nlmsg_type == NLMSG_DONE) {
                                close(fd);
                                return;
                        }
                        visit_message(h, visit, userdata);
                }
        }
}

static const void *own_address(struct rtattr *const *attributes) {
        return RTA_DATA(attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS]);
}

static VrrpAddress optional_address(int family, const struct rtattr *attribute) {
        VrrpAddress a = {0};

        if (attribute) {
                a.family = family;
                memcpy(a.bytes, RTA_DATA(attribute), vrrp_address_size(family));
        }
        return a;
}

typedef struct Search {
        int ifindex, family;
        VrrpAddress wanted;
        LabAddress *ret;
        unsigned n_found, n_family;
        GString *list;
} Search;

static void on_address(const struct ifaddrmsg *info, struct rtattr *const *attributes, void *userdata) {
        Search *s = userdata;
        LabAddress a = {.prefixlen = info->ifa_prefixlen,
                        .scope = info->ifa_scope,
                        .flags = info->ifa_flags};
        VrrpAddress address = {.family = info->ifa_family};
        char text[VRRP_ADDRESS_STRLEN];

        if ((int)info->ifa_index != s->ifindex)
                return;
        memcpy(address.bytes, own_address(attributes), vrrp_address_size(info->ifa_family));
        s->n_family += info->ifa_family == s->family;
        if (s->list)
                g_string_append_printf(s->list, "%s/%u\n",
                                inet_ntop(address.family, address.bytes, text, sizeof(text)),
                                info->ifa_prefixlen);
        if (!vrrp_address_equal(&address, &s->wanted))
                return;
        s->n_found++;
        if (attributes[IFA_PROTO_NUMBER])
                a.protocol = *(uint8_t *)RTA_DATA(attributes[IFA_PROTO_NUMBER]);
        if (attributes[IFA_FLAGS])
                memcpy(&a.flags, RTA_DATA(attributes[IFA_FLAGS]), sizeof(a.flags));
        if (attributes[IFA_LABEL])
                g_strlcpy(a.label, RTA_DATA(attributes[IFA_LABEL]), sizeof(a.label));
        if (attributes[IFA_CACHEINFO])
                a.preferred_lifetime =
                                ((struct ifa_cacheinfo *)RTA_DATA(attributes[IFA_CACHEINFO]))->ifa_prefered;
        a.broadcast = optional_address(info->ifa_family, attributes[IFA_BROADCAST]);
        a.peer = optional_address(info->ifa_family, attributes[IFA_ADDRESS]);
        if (s->ret)
                *s->ret = a;
}

bool lab_find_address(int ifindex, const char *text, LabAddress *ret) {
        Search s = {.ifindex = ifindex, .wanted = lab_address(text), .ret = ret};

        visit_addresses(on_address, &s);
        return s.n_found > 0;
}

unsigned lab_count_addresses(int ifindex, int family) {
        Search s = {.ifindex = ifindex, .family = family};

        visit_addresses(on_address, &s);
        return s.n_family;
}

char *lab_list_addresses(int ifindex) {
        Search s = {.ifindex = ifindex, .list = g_string_new(NULL)};

        visit_addresses(on_address, &s);
        return g_string_free(s.list, FALSE);
}
