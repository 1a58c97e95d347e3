/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A call that is really asked about, and answered by who got the listener. */
#include "core/seccomp_listener.h"

#include "base/unix_socket.h"
#include "core/handshake.h"
#include "jail.h"
#include "seccomp_text.h"

#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

static const char notify_mkdir[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],"
				   "\"syscalls\":[{\"names\":[\"mkdir\",\"mkdirat\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}";

/* A socket that listens at PATH in the working directory. */
static int agent_listen(const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", name);
	must_call(bind(sock, (struct sockaddr *)&at, sizeof(at)));
	must_call(listen(sock, 5));
	return sock;
}

/* Takes one listener with its text, all of it. */
static int agent_take(int sock, char *text, size_t size)
{
	size_t used = 0;
	int fd = FD_NONE, n_fds;
	auto_fd from = accept(sock, NULL, NULL);

	must_call(from);
	for (ssize_t n = 1; n > 0; used += (size_t)n)
		must_call(n = fds_recv(from, 0, text + used, size - 1 - used, &fd, 1, &n_fds));
	text[used] = '\0';
	return fd;
}

/* A process whose mkdir(2) is answered by us; it tells what came of it. */
static void filtered(int sock)
{
	struct seccomp_filter f;
	struct arena a = {0};
	struct err e = {0};
	int listener;

	must(seccomp_compile_text(notify_mkdir, 0, &a, &f, &e), &e);
	must_call(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(seccomp_load(&f, &listener, &e), &e);
	assert_true(listener >= 0);
	assert_int_equal(fcntl(listener, F_GETFD), FD_CLOEXEC);
	must(hs_send(sock, HS_LISTENER, &listener, 1, &e), &e);
	close(listener);
	close(sock);
	assert_int_equal(mkdir("/tmp/asked", 0700), -1);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(access("/tmp/asked", F_OK), -1);
	_exit(0);
}

static void asking(void *arg)
{
	static char text[200000], got[200001];
	struct seccomp_notif call = {0};
	int ours, theirs;
	struct err e = {0};
	struct hs_msg m;

	(void)arg;
	auto_fd agent = agent_listen("agent");
	must(hs_pair(&ours, &theirs, &e), &e);
	pid_t pid = child_start();
	if (pid == 0)
		filtered(theirs);
	close(theirs);
	must(hs_expect(ours, HS_LISTENER, &m, &e), &e);
	assert_int_equal(m.n_fds, 1);
	/* A text that takes more than one message, from a process of its own. */
	memset(text, 'x', sizeof(text) - 1);
	pid_t sender = child_start();
	if (sender == 0) {
		must(seccomp_listener_send("/tmp/agent", m.fds[0], text, &e), &e);
		_exit(0);
	}
	close(m.fds[0]);
	auto_fd listener = agent_take(agent, got, sizeof(got));
	assert_int_equal(child_end(sender), 0);
	assert_string_equal(got, text);
	must_call(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call));
	assert_true(call.data.nr == SYS_mkdir || call.data.nr == SYS_mkdirat);
	assert_int_equal(call.pid, pid);
	struct seccomp_notif_resp answer = {.id = call.id, .error = -EXDEV};
	must_call(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer));
	assert_int_equal(child_end(pid), 0);
}

static void a_call_is_asked_about(void **state)
{
	(void)state;
	in_jail(asking, NULL);
}

static void nobody_listens(void *arg)
{
	char *path = arg, deep[64] = "";
	struct err e = {0};

	must_fail(seccomp_listener_send("/tmp/none", 0, "{}", &e), ENOENT, &e, "connect to /tmp/none");
	must_have(e.why, "nobody listens");
	close(agent_listen("left"));
	must_fail(seccomp_listener_send("/tmp/left", 0, "{}", &e), ECONNREFUSED, &e, "nobody listens");
	must_fail(seccomp_listener_send("/tmp", 0, "{}", &e), ECONNREFUSED, &e, "/tmp");
	/* A path that is longer than the address of a socket. */
	memset(deep, 'd', sizeof(deep) - 1);
	strcpy(path, "/tmp");
	for (int i = 0; i < 3; i++) {
		must_call(mkdir(deep, 0700));
		must_call(chdir(deep));
		strcat(strcat(path, "/"), deep);
	}
	strcat(path, "/s");
	must_fail(seccomp_listener_send(path, 0, "{}", &e), ENOENT, &e, "connect to /tmp/ddd");
	auto_fd agent = agent_listen("s");
	must(seccomp_listener_send(path, 0, "{}", &e), &e);
	must_fail(seccomp_listener_send(path, -1, "{}", &e), EBADF, &e, "send the listener");
}

static void without_a_listener_it_fails(void **state)
{
	char path[512];

	(void)state;
	in_jail(nobody_listens, path);
}

/* There can be one listener, not two. */
static void second(void *arg)
{
	struct seccomp_filter f;
	struct arena a = {0};
	struct err e = {0};
	int listener, other;

	(void)arg;
	must(seccomp_compile_text(notify_mkdir, 0, &a, &f, &e), &e);
	must_call(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(seccomp_load(&f, &listener, &e), &e);
	must_fail(seccomp_load(&f, &other, &e), EBUSY, &e, "only one");
	assert_int_equal(other, FD_NONE);
	f.flags = 0;
	must(seccomp_load(&f, &other, &e), &e);
	assert_int_equal(other, FD_NONE);
	arena_free(&a);
}

static void there_is_one_listener(void **state)
{
	(void)state;
	in_child(second, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_asked_about),
		cmocka_unit_test(without_a_listener_it_fails),
		cmocka_unit_test(there_is_one_listener),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
