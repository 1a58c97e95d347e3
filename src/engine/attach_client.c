/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's side of attach.h: our terminal or pipes at one end, the monitor's socket at the other.
 *
 * A packet is taken from the socket only when the one before has been written out, so a slow reader of ours makes us
 * the slow client, which is the monitor's business.  The tale ends in one of these ways: the monitor tells the exit
 * status; it closes the connection (because it refused us, because we were too slow, or because it was killed); the
 * user detaches; a signal ends us.
 */
#include "core/sys.h"
#include "core/tty.h"
#include "engine/attach.h"
#include "engine/flow.h"
#include "engine/keys.h"
#include "engine/signals.h"
#include "engine/supervise_priv.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TYPED_MAX = 4096,   /* bytes of our input in one packet */
	CLEANUP_MS = 10000, /* how long the owner may take to clean up after the container's end */
	HANDOVER_MS = 500,  /* how long after the connection's end the owner may take to be gone */
};
static const char default_keys[] = "ctrl-p,ctrl-q";

enum ending { GOES_ON, EXITED, CLOSED, REFUSED, DETACHED, SIGNALED };

struct attachment {
	struct box *box;
	const struct attach_options *options;
	int fd; /* the monitor's socket */
	struct signals signals;
	int tty;  /* the terminal whose size the container's has; -1: none */
	bool raw; /* and standard input is raw */
	bool stdin_open, stdin_tty;
	struct keys keys;
	struct insistence insistence;
	struct flow *out, *err;
	bool size_due, eof_due;
	size_t packet_size; /* of 'packet', which waits to be sent; 0: nothing does */
	char packet[1 + TYPED_MAX + KEYS_MAX];
	enum ending ending;
	int status; /* of the container, or the signal that ended us */
	char refusal[256];
};

/* Sends a packet now; false if the socket is full. */
static bool send_now(struct attachment *a, const void *packet, size_t size)
{
	if (send(a->fd, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return true;
	/* Any other error: reading will tell that the monitor is gone. */
	return errno != EAGAIN && errno != ENOBUFS;
}

/* Sends a window size with ROWS more rows than there are; false if the socket is full. */
static bool send_size(struct attachment *a, unsigned int more)
{
	unsigned int rows, cols;
	char packet[1 + sizeof(struct attach_size)] = {ATTACH_RESIZE};

	if (!tty_size(a->tty, &rows, &cols))
		return true;
	const struct attach_size size = {(uint16_t)(rows + more), (uint16_t)cols};
	memcpy(packet + 1, &size, sizeof(size));
	return send_now(a, packet, sizeof(packet));
}

/* Sends what is due, in order. */
static void push(struct attachment *a)
{
	const char eof = ATTACH_EOF;

	if (a->size_due && send_size(a, 0))
		a->size_due = false;
	if (a->packet_size && send_now(a, a->packet, a->packet_size))
		a->packet_size = 0;
	if (!a->packet_size && a->eof_due && send_now(a, &eof, 1))
		a->eof_due = false;
}

/* Whether something waits to be sent. */
static bool must_push(const struct attachment *a)
{
	return a->size_due || a->packet_size || a->eof_due;
}

/* Reads what the user typed, looks for the detach keys, and sends the rest. */
static void take_input(struct attachment *a)
{
	char typed[TYPED_MAX];
	size_t size;
	ssize_t n = read(STDIN_FILENO, typed, sizeof(typed));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		a->stdin_open = false;
		a->eof_due = !a->raw;
		if (a->raw) /* our terminal is gone; the container's stays */
			a->ending = DETACHED;
	} else {
		if (keys_filter(&a->keys, typed, (size_t)n, a->packet + 1, &size))
			a->ending = DETACHED;
		a->packet[0] = ATTACH_STDIN;
		a->packet_size = size ? size + 1 : 0;
	}
	push(a);
}

/* Takes one packet from the monitor. */
static void take_packet(struct attachment *a)
{
	static char packet[ATTACH_PACKET_MAX];
	static_assert((int)FLOW_SIZE >= (int)ATTACH_PACKET_MAX, "a packet must fit into a flow");
	ssize_t n = recv(a->fd, packet, sizeof(packet), MSG_DONTWAIT);
	int32_t code;

	/* ECONNRESET, told once, means that our last words were not read; the monitor's may still be there. */
	if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNRESET))
		return;
	size_t size = n > 0 ? (size_t)n - 1 : 0;
	const char *data = packet + 1;
	if (n <= 0) {
		a->ending = CLOSED;
	} else if (packet[0] == ATTACH_STDOUT || packet[0] == ATTACH_STDERR) {
		struct flow *to = packet[0] == ATTACH_STDOUT ? a->out : a->err;

		memcpy(to->buf, data, size);
		to->begin = 0;
		to->end = size;
		flow_step(to);
	} else if (packet[0] == ATTACH_EXIT && size == sizeof(code)) {
		memcpy(&code, data, sizeof(code));
		a->status = code;
		a->ending = EXITED;
	} else if (packet[0] == ATTACH_REFUSED) {
		size = MIN(size, sizeof(a->refusal) - 1);
		memcpy(a->refusal, data, size);
		a->refusal[size] = '\0';
		a->ending = REFUSED;
	}
}

/* Passes SIG on to the container's first process, if it is still there. */
static void pass_on(struct attachment *a, int sig)
{
	auto_fd pidfd = FD_NONE;

	if (a->box->state.pid == 0 && box_state_load(a->box, NULL) < 0)
		return;
	if (box_pidfd(a->box, &pidfd, NULL) == 0)
		sys_pidfd_send_signal(pidfd, sig, NULL, 0);
}

/* Deals with one signal. */
static void take_signal(struct attachment *a, const struct signalfd_siginfo *info)
{
	int sig = (int)info->ssi_signo;
	bool proxy = a->options->sig_proxy && a->ending == GOES_ON;

	if (sig == SIGWINCH || sig == SIGCONT) {
		if (sig == SIGCONT && a->raw && tcgetpgrp(STDIN_FILENO) == getpgrp())
			(void)!tty_raw(STDIN_FILENO, NULL);
		a->size_due = a->tty >= 0;
		push(a);
		return;
	}
	/* Our terminal is closed: that is about us, the container lives on. */
	if (sig == SIGHUP && info->ssi_code == SI_KERNEL)
		proxy = false;
	if ((sig == SIGINT || sig == SIGTERM) && insistence_grows(&a->insistence))
		proxy = false;
	if (proxy) {
		pass_on(a, sig);
	} else {
		a->ending = SIGNALED;
		a->status = sig;
	}
}

/* Waits for the next thing to happen and deals with it. */
static int turn(struct attachment *a, struct err *e)
{
	enum { WAIT_SOCKET, WAIT_SIGNALS, WAIT_STDIN, WAIT_OUT, WAIT_ERR, WAIT_COUNT };
	struct signalfd_siginfo info;
	bool live = a->ending == GOES_ON;
	bool reading = live && !flow_busy(a->out) && !flow_busy(a->err);
	short events = (short)((reading ? POLLIN : 0) | (live && must_push(a) ? POLLOUT : 0));
	struct pollfd p[WAIT_COUNT] = {
		/* Without events even its end is not waited for, while our reader is slow. */
		[WAIT_SOCKET] = {.fd = events ? a->fd : -1, .events = events},
		[WAIT_SIGNALS] = {.fd = a->signals.fd, .events = POLLIN},
		[WAIT_STDIN] = {.fd = live && a->stdin_open && !must_push(a) ? STDIN_FILENO : -1, .events = POLLIN},
	};

	flow_poll(a->out, &p[WAIT_OUT]);
	flow_poll(a->err, &p[WAIT_ERR]);
	int n = poll(p, WAIT_COUNT, -1);
	if (n < 0)
		return errno == EINTR ? 0 : err_set(e, errno, "wait for the container");
	if (p[WAIT_SIGNALS].revents)
		while (a->ending != SIGNALED && signals_next(a->signals.fd, &info))
			take_signal(a, &info);
	if (p[WAIT_OUT].revents)
		flow_step(a->out);
	if (p[WAIT_ERR].revents)
		flow_step(a->err);
	/* Nobody reads what we show: we end as any program would whose reader is gone. */
	if (a->ending == GOES_ON && a->out->to.fd < 0) {
		a->ending = SIGNALED;
		a->status = SIGPIPE;
	}
	if (p[WAIT_STDIN].revents && a->ending == GOES_ON)
		take_input(a);
	if (p[WAIT_SOCKET].revents & POLLOUT)
		push(a);
	if (reading && p[WAIT_SOCKET].revents & (POLLIN | POLLHUP | POLLERR) && a->ending == GOES_ON)
		take_packet(a);
	return 0;
}

/* Prepares what must be given back by leave(). */
static int enter(struct attachment *a, struct err *e)
{
	const char *keys = a->options->detach_keys;
	int r = signals_begin(&a->signals, e);

	flow_init(a->out);
	flow_init(a->err);
	a->stdin_open = !a->options->no_stdin;
	a->stdin_tty = a->stdin_open && isatty(STDIN_FILENO);
	/* A pipe's bytes are data, in which nothing is looked for. */
	if (r == 0)
		r = keys_parse(&a->keys, keys ? keys : default_keys, e);
	if (r == 0 && !a->stdin_tty)
		a->keys.n = 0;
	if (r == 0)
		r = attach_connect(a->box->run_fd, &a->fd, e);
	if (r < 0)
		return r;
	outlet_open_user(&a->out->to, STDOUT_FILENO);
	outlet_open_user(&a->err->to, STDERR_FILENO);
	if (!a->box->record.tty)
		return 0;
	/* A size that differs for a moment makes a program that fills the screen draw it again. */
	a->tty = tty_find();
	a->size_due = a->tty >= 0 && send_size(a, 1);
	push(a);
	if (a->stdin_tty) {
		r = tty_raw(STDIN_FILENO, e);
		a->raw = r == 0;
	}
	return r;
}

/* Gives back the terminal, the signals and the descriptors. */
static void leave(struct attachment *a)
{
	if (a->raw)
		tty_restore();
	outlet_close(&a->out->to);
	outlet_close(&a->err->to);
	fd_close(&a->fd);
	signals_end(&a->signals);
}

/* The connection ended without a word: either the container's owner is gone, or it has given up on us. */
static int explain_closed(struct attachment *a, int *ret_status, struct err *e)
{
	if (box_wait_free(a->box, HANDOVER_MS, NULL) < 0) {
		err_set(e, 0, "attach to container %s", a->box->record.name ? a->box->record.name : a->box->id);
		return err_why(e, "it wrote more than was read here, and does not wait; it still runs");
	}
	int r = box_state_load(a->box, e);
	if (r == 0)
		*ret_status = a->box->state.exit_status;
	return r;
}

/* Turns the ending into what the caller gets. */
static int conclude(struct attachment *a, int *ret_status, bool *ret_detached, struct err *e)
{
	for (const struct flow *const *f = (const struct flow *const[]){a->out, a->err, NULL}; *f; f++)
		if ((*f)->to.error)
			return err_set(e, (*f)->to.error, "write the container's output");
	switch (a->ending) {
	case EXITED:
		*ret_status = a->status;
		(void)!box_wait_free(a->box, CLEANUP_MS, NULL);
		return 0;
	case CLOSED:
		return explain_closed(a, ret_status, e);
	case REFUSED:
		err_set(e, 0, "attach to container %s", a->box->record.name ? a->box->record.name : a->box->id);
		return err_why(e, "%s", a->refusal);
	case SIGNALED:
		raise(a->status);
		*ret_status = 128 + a->status; /* the signal has a handler */
		return 0;
	default:
		*ret_status = 0;
		if (ret_detached)
			*ret_detached = true;
		return 0;
	}
}

int attach_client(struct box *b, const struct attach_options *o, int *ret_status, bool *ret_detached, struct err *e)
{
	static struct flow out, err;
	struct attachment a = {
		.box = b,
		.options = o,
		.fd = FD_NONE,
		.signals = {.fd = FD_NONE},
		.tty = -1,
		.out = &out,
		.err = &err,
	};

	if (ret_detached)
		*ret_detached = false;
	int r = enter(&a, e);
	/* What has arrived is written out, unless the user wants to leave. */
	while (r == 0 && a.ending != DETACHED && a.ending != SIGNALED &&
	       (a.ending == GOES_ON || flow_busy(&out) || flow_busy(&err)))
		r = turn(&a, e);
	leave(&a);
	return r < 0 ? r : conclude(&a, ret_status, ret_detached, e);
}
