/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor of a detached container: see supervise.h.
 *
 * One loop over the pidfd, signals, the container's output, its input, and the attached clients.  What must always
 *   hold: - nothing here waits except poll(2); the container waits for the log's write(2), and at most GRACE_MS at a
 *     time for a client that is behind (so that one that reads what it can is not lost in a flood), and for nobody
 *   else; - input is taken from a client only when the container has taken what came before, so one buffer is enough;
 *   - memory does not grow: buffers are of fixed size, and go back to the kernel when a second passes without work.
 * Before the loop everything needed is copied, so that the caller's memory can be freed.
 */
#include "core/pty.h"
#include "engine/clients.h"
#include "engine/flow.h"
#include "engine/log.h"
#include "engine/signals.h"
#include "engine/supervise_priv.h"
#include "engine/trim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
	COOL_MS = 1000,	    /* without work for so long: give memory back */
	GRACE_MS = 50,	    /* how long the container may have to wait for a client that is behind */
	RETRY_MS = 1000,    /* a terminal that nobody has open, or no descriptor for a client: look again */
	FAREWELL_MS = 1000, /* how long clients may take to read the end */
	BUFFERS_SIZE = LOG_TEXT_MAX + ATTACH_PACKET_MAX,
	TERMINAL_HOLDS = 128 * 1024, /* more than the kernel keeps for a terminal */
};
static_assert((int)LOG_TEXT_MAX < (int)ATTACH_PACKET_MAX, "what is read at once must fit into one packet");

struct monitor {
	struct supervise s; /* a copy */
	struct log log;
	struct clients clients;
	int signal_fd;
	int stop_signal, stop_timeout_s;
	deadline kill;	  /* the time limit, or the end of a stop */
	deadline await;	  /* until then the output waits for the first client; 0: it does not wait */
	deadline grace;	  /* until then the output waits for a client that is behind; 0: it does not wait */
	bool grace_spent; /* it has waited long enough: who is still behind is soon disconnected */
	deadline retry;	  /* for 'pty_hung_up' and 'listen_paused' */
	bool pty_hung_up, listen_paused, ended;
	bool warm;		 /* there was work since memory was given back… */
	bool cool_now;		 /* …and then none for a while */
	char *out;		 /* LOG_TEXT_MAX bytes: what the container wrote */
	char *in;		 /* ATTACH_PACKET_MAX bytes: a packet for the container… */
	size_t in_begin, in_end; /* …of which this still waits */
};

enum { WAIT_PROCESS, WAIT_SIGNALS, WAIT_LISTEN, WAIT_OUT, WAIT_ERR, WAIT_IN, WAIT_CLIENTS };

/* Makes a descriptor of our own non-blocking. */
static void make_nonblocking(int fd)
{
	struct outlet o;

	if (fd >= 0)
		outlet_open_own(&o, fd);
}

/* Copies what the loop needs from the caller's S, and opens the rest. */
static int prepare(struct monitor *m, struct supervise *s, struct err *e)
{
	const struct box_record *record = &s->box->record;
	struct sigaction old_pipe;
	sigset_t old_mask;

	signal(SIGTERM, SIG_DFL); /* an ignored one would not reach us: it must always be possible to stop */
	m->s = *s;
	m->signal_fd = FD_NONE;
	m->stop_signal = record->stop_signal > 0 ? record->stop_signal : SIGTERM;
	m->stop_timeout_s = record->stop_timeout_s;
	m->kill = s->timeout_s > 0 ? deadline_in((int64_t)s->timeout_s * 1000) : 0;
	m->await = s->await_client_ms > 0 ? deadline_in(s->await_client_ms) : 0;
	m->cool_now = true;
	log_open(&m->log, s->box->data_fd, record->log_max_size, record->log_max_files);
	signals_block(&old_mask);
	signals_ignore_pipe(&old_pipe);
	int r = signals_open(&m->signal_fd, e);
	if (r == 0 && m->s.listen_fd < 0)
		r = attach_listen(s->box->run_fd, &m->s.listen_fd, e);
	if (r < 0)
		return r;
	m->out = mmap(NULL, BUFFERS_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m->out == MAP_FAILED)
		return err_set(e, errno, "get memory for the monitor");
	m->in = m->out + LOG_TEXT_MAX;
	make_nonblocking(m->s.in_fd);
	make_nonblocking(m->s.out_fd);
	make_nonblocking(m->s.err_fd);
	make_nonblocking(m->s.pty_fd);
	/* Both are only for the machine's good; where they are not allowed, it works without. */
	(void)!file_write(AT_FDCWD, "/proc/self/oom_score_adj", "-999", NULL);
	prctl(PR_SET_NAME, "isle-monitor");
	return 0;
}

/* Gives back the memory that only work needs, and waits. */
static int poll_cool(struct monitor *m, struct pollfd *p, nfds_t n, int timeout)
{
	m->warm = false;
	log_idle(&m->log);
	if (m->in_begin == m->in_end)
		madvise(m->out, BUFFERS_SIZE, MADV_DONTNEED);
	return trim_and_poll(p, n, timeout);
}

/*
 * Reads what the container wrote to *FD, once, at most LEFT bytes: how many; 0: none now, or *FD was closed at its end.
 */
static size_t take_output(struct monitor *m, int *fd, enum log_stream stream, int64_t left)
{
	ssize_t n = read(*fd, m->out, (size_t)MIN(left, (int64_t)LOG_TEXT_MAX));

	if (n > 0) {
		log_write(&m->log, stream, m->out, (size_t)n);
		clients_send(&m->clients, stream == LOG_STDOUT ? ATTACH_STDOUT : ATTACH_STDERR, m->out, (size_t)n);
		return (size_t)n;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0 && errno == EIO && fd == &m->s.pty_fd) {
		m->pty_hung_up = true;
		m->retry = deadline_in(RETRY_MS);
		return 0;
	}
	fd_close(fd);
	return 0;
}

/* Reads the rest after the first process's end: what is there now, even if somebody else still writes. */
static void drain(struct monitor *m)
{
	struct {
		int *fd;
		enum log_stream stream;
	} from[] = {{&m->s.pty_fd, LOG_STDOUT}, {&m->s.out_fd, LOG_STDOUT}, {&m->s.err_fd, LOG_STDERR}};

	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		int64_t left = TERMINAL_HOLDS;
		int waiting = 0;

		if (*from[i].fd < 0)
			continue;
		if (from[i].fd != &m->s.pty_fd)
			left = ioctl(*from[i].fd, FIONREAD, &waiting) < 0 ? 0 : waiting;
		for (size_t n = 1; left > 0 && n > 0; left -= (int64_t)n)
			n = take_output(m, from[i].fd, from[i].stream, left);
	}
}

/* The container's input: its terminal, or the pipe. */
static int *input_fd(struct monitor *m)
{
	return m->s.pty_fd >= 0 ? &m->s.pty_fd : &m->s.in_fd;
}

/* Passes on what waits for the container; input that it does not want is dropped. */
static void give_input(struct monitor *m)
{
	struct outlet o = {.fd = *input_fd(m)};
	ssize_t n = o.fd < 0 ? -EPIPE : outlet_write(&o, m->in + m->in_begin, m->in_end - m->in_begin);

	if (n == -EAGAIN)
		return;
	if (n >= 0) {
		m->in_begin += (size_t)n;
		return;
	}
	m->in_begin = m->in_end;
	fd_close(&m->s.in_fd);
}

/* Deals with one packet of client I. */
static void take_packet(struct monitor *m, size_t i)
{
	size_t size = clients_receive(&m->clients, i, m->in);
	struct attach_size window;

	if (size == 0)
		return;
	switch (m->in[0]) {
	case ATTACH_STDIN:
		m->in_begin = 1;
		m->in_end = size;
		if (size > 1)
			give_input(m);
		break;
	case ATTACH_EOF:
		fd_close(&m->s.in_fd);
		break;
	case ATTACH_RESIZE:
		if (size == 1 + sizeof(window) && m->s.pty_fd >= 0) {
			memcpy(&window, m->in + 1, sizeof(window));
			(void)!pty_resize(m->s.pty_fd, window.rows, window.cols);
		}
		break;
	default: /* no client of ours */
		clients_drop(&m->clients, i);
	}
}

/* Serves client I, whose descriptor is ready for REVENTS. */
static void serve(struct monitor *m, size_t i, short revents)
{
	size_t n = m->clients.n;

	if (revents & POLLOUT)
		clients_flush(&m->clients, i);
	if (m->clients.n < n)
		return; /* it was dropped */
	/* One that is gone has nothing more to say that could be taken now. */
	if (revents & POLLIN && m->in_begin == m->in_end)
		take_packet(m, i);
	else if (revents & (POLLHUP | POLLERR))
		clients_drop(&m->clients, i);
}

/* Takes a new client; from now on the output waits for nobody. */
static void welcome(struct monitor *m)
{
	int r = clients_accept(&m->clients, m->s.listen_fd);

	if (m->clients.n > 0)
		m->await = 0;
	/* Out of descriptors or memory: the connection stays where it is, and would wake us without end. */
	if (r < 0 && r != -EAGAIN && r != -EINTR && r != -ECONNABORTED) {
		m->listen_paused = true;
		m->retry = deadline_in(RETRY_MS);
	}
}

/* SIGTERM stops the container; every other signal is read and forgotten. */
static void take_signals(struct monitor *m)
{
	struct signalfd_siginfo info;

	while (signals_next(m->signal_fd, &info)) {
		if (info.ssi_signo != SIGTERM)
			continue;
		supervise_signal(&m->s, m->stop_signal);
		if (m->stop_timeout_s >= 0)
			m->kill = deadline_first(m->kill, deadline_in((int64_t)m->stop_timeout_s * 1000));
	}
}

/* Does what is due by the clock. */
static void keep_time(struct monitor *m)
{
	if (deadline_passed(m->kill)) {
		m->kill = 0;
		supervise_kill(&m->s);
	}
	if (deadline_passed(m->await))
		m->await = 0;
	if (deadline_passed(m->retry)) {
		m->retry = 0;
		m->pty_hung_up = m->listen_paused = false;
	}
}

/* Lets the output wait a moment when a client is behind; begins anew when it has caught up. */
static void spare_clients(struct monitor *m)
{
	if (!clients_behind(&m->clients)) {
		m->grace = 0;
		m->grace_spent = false;
	} else if (deadline_passed(m->grace)) {
		m->grace = 0;
		m->grace_spent = true;
	} else if (!m->grace && !m->grace_spent) {
		m->grace = deadline_in(GRACE_MS);
	}
}

/* Fills P with what to wait for. */
static void fill_poll(const struct monitor *m, struct pollfd *p)
{
	bool pending = m->in_begin < m->in_end;
	bool hold = m->await || m->grace;
	int out = m->s.pty_fd >= 0 ? m->s.pty_fd : m->s.out_fd;
	const struct pollfd fixed[WAIT_CLIENTS] = {
		[WAIT_PROCESS] = {.fd = m->ended ? -1 : m->s.pidfd, .events = POLLIN},
		[WAIT_SIGNALS] = {.fd = m->signal_fd, .events = POLLIN},
		[WAIT_LISTEN] = {.fd = m->listen_paused ? -1 : m->s.listen_fd, .events = POLLIN},
		[WAIT_OUT] = {.fd = hold || m->pty_hung_up ? -1 : out, .events = POLLIN},
		[WAIT_ERR] = {.fd = hold ? -1 : m->s.err_fd, .events = POLLIN},
		[WAIT_IN] = {.fd = !pending	      ? -1
				   : m->s.pty_fd >= 0 ? m->s.pty_fd
						      : m->s.in_fd,
			     .events = POLLOUT},
	};

	memcpy(p, fixed, sizeof(fixed));
	clients_poll(&m->clients, !pending, p + WAIT_CLIENTS);
}

/* Waits for the next thing to happen and deals with it. */
static int turn(struct monitor *m, struct err *e)
{
	struct pollfd p[WAIT_CLIENTS + ATTACH_CLIENTS_MAX];
	size_t clients = m->clients.n;

	spare_clients(m);
	fill_poll(m, p);
	deadline due = deadline_first(deadline_first(m->kill, m->await), deadline_first(m->retry, m->grace));
	deadline until = m->warm ? deadline_first(due, deadline_in(COOL_MS)) : due;
	int timeout = deadline_poll(until);
	int n = m->cool_now ? poll_cool(m, p, WAIT_CLIENTS + clients, timeout)
			    : poll(p, WAIT_CLIENTS + clients, timeout);
	if (n < 0 && errno != EINTR)
		return err_set(e, errno, "wait for the container");
	keep_time(m);
	m->cool_now = n == 0 && (until != due || !m->warm);
	if (n <= 0)
		return 0;
	m->warm = true;
	if (p[WAIT_SIGNALS].revents)
		take_signals(m);
	/* From the last to the first: one that is dropped is replaced by the last. */
	for (size_t i = clients; i-- > 0;)
		if (p[WAIT_CLIENTS + i].revents)
			serve(m, i, p[WAIT_CLIENTS + i].revents);
	if (p[WAIT_LISTEN].revents)
		welcome(m);
	if (p[WAIT_IN].revents)
		give_input(m);
	if (p[WAIT_OUT].revents)
		take_output(m, m->s.pty_fd >= 0 ? &m->s.pty_fd : &m->s.out_fd, LOG_STDOUT, LOG_TEXT_MAX);
	if (p[WAIT_ERR].revents)
		take_output(m, &m->s.err_fd, LOG_STDERR, LOG_TEXT_MAX);
	if (p[WAIT_PROCESS].revents)
		m->ended = true;
	return 0;
}

/* Tells the clients how the container ended, and lets them read it. */
static void bid_farewell(struct monitor *m, int status)
{
	const int32_t code = status;
	deadline until = deadline_in(FAREWELL_MS);

	while (clients_accept(&m->clients, m->s.listen_fd) == 0)
		continue; /* those who came at the last moment */
	clients_send(&m->clients, ATTACH_EXIT, &code, sizeof(code));
	while (clients_waiting(&m->clients) && !deadline_passed(until)) {
		struct pollfd p[ATTACH_CLIENTS_MAX];
		size_t n = m->clients.n;

		clients_poll(&m->clients, false, p);
		if (poll(p, n, deadline_poll(until)) <= 0)
			continue;
		for (size_t i = n; i-- > 0;) {
			if (p[i].revents & (POLLHUP | POLLERR))
				clients_drop(&m->clients, i);
			else if (p[i].revents & POLLOUT)
				clients_flush(&m->clients, i);
		}
	}
}

/* Closes what is left. */
static void leave(struct monitor *m)
{
	while (m->clients.n)
		clients_drop(&m->clients, m->clients.n - 1);
	log_close(&m->log);
	supervise_close(&m->s);
	fd_close(&m->s.listen_fd);
	fd_close(&m->signal_fd);
	if (m->out && m->out != MAP_FAILED)
		munmap(m->out, BUFFERS_SIZE);
}

int supervise_detached(struct supervise *s, int *ret_status, struct err *e)
{
	struct monitor m = {.signal_fd = FD_NONE};
	int r = prepare(&m, s, e);

	s->in_fd = s->out_fd = s->err_fd = s->pty_fd = s->listen_fd = FD_NONE;
	if (r == 0 && m.s.before_loop)
		m.s.before_loop(m.s.ctx);
	while (r == 0 && (!m.ended || m.await))
		r = turn(&m, e);
	if (r == 0) {
		drain(&m);
		r = supervise_reap(&m.s, ret_status, e);
	}
	if (r == 0)
		bid_farewell(&m, *ret_status);
	leave(&m);
	return r;
}
