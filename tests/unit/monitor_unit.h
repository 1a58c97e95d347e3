/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A monitor in a process of its own, for a container that is a script, and what the log says of it. */
#ifndef ISLE_TESTS_MONITOR_UNIT_H
#define ISLE_TESTS_MONITOR_UNIT_H

#include "actors.h"
#include "engine/logs.h"
#include "handmade.h"

#include <sys/prctl.h>

enum { FAILED = 200 };

static bool freed; /* in the monitor: what could be given back was */

static inline void free_everything(void *ctx)
{
	struct handmade *h = ctx;

	/* Whoever still uses the caller's memory after this reads nonsense. */
	memset(&h->box, 0xa5, sizeof(h->box));
	freed = true;
}

/* A file says that the owner was told of a SIGKILL. */
static inline void mark_kill(void *ctx)
{
	const struct handmade *h = ctx;

	close(openat(h->home.run_fd, "killed", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

/* Begins a monitor for SCRIPT in a process of its own, which ends with the script's status; H is its container. */
static inline pid_t begin(struct handmade *h, enum stage stage, struct supervise settings, const char *script)
{
	int owner = handmade_own(h);
	pid_t pid = fork();

	if (pid == 0) {
		struct supervise s;
		struct err e;
		int status;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setsid();
		auto_fd null = open("/dev/null", O_RDWR | O_CLOEXEC);
		for (int i = 0; i < 3; i++)
			dup2(null, i);
		actor_start(&s, stage, script);
		s.box = &h->box;
		s.timeout_s = settings.timeout_s;
		s.await_client_ms = settings.await_client_ms;
		s.on_kill = mark_kill;
		s.before_loop = free_everything;
		s.ctx = h;
		int r = supervise_detached(&s, &status, &e);
		_exit(r < 0 || !freed ? FAILED : status);
	}
	close(owner);
	return pid;
}

/* A string that grows. */
struct text {
	char *v;
	size_t size, room;
};

static inline int take(void *ctx, enum log_stream stream, const char *data, size_t size)
{
	struct text *t = ctx;

	(void)stream;
	if (t->size + size + 1 > t->room)
		t->v = realloc(t->v, t->room = (t->size + size + 1) * 2);
	memcpy(t->v + t->size, data, size);
	t->size += size;
	t->v[t->size] = '\0';
	return 0;
}

/* The last TAIL lines of the log (-1: all); the caller frees them. */
static inline char *log_tail(struct handmade *h, int64_t tail)
{
	struct text text = {.v = strdup("")};

	assert_int_equal(logs_read(&h->box, &(struct logs_query){.tail = tail}, take, &text, NULL), 0);
	return text.v;
}

static inline char *whole_log(struct handmade *h)
{
	return log_tail(h, -1);
}

static inline void assert_log(struct handmade *h, const char *want)
{
	char *text = whole_log(h);

	assert_string_equal(text, want);
	free(text);
}

/* Waits until the last lines of the log contain TEXT. */
static inline void await_log(struct handmade *h, const char *text)
{
	for (int i = 0; i < 500; i++) {
		char *log = log_tail(h, 1);
		bool found = strstr(log, text);

		free(log);
		if (found)
			return;
		usleep(10000);
	}
	fail_msg("\"%s\" did not come", text);
}

#endif
