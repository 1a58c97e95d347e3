/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The attach client, with a real monitor at the other end: input, output, leaving, and how it all ends. */
#include "actors.h"
#include "engine/attach.h"
#include "handmade.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <termios.h>

enum { FAILED = 200, LEFT = 201 }; /* the client returned an error, or was detached */

/* A container with its monitor. */
static pid_t begin_monitor(struct handmade *h, enum stage stage, const char *script)
{
	int owner = handmade_own(h);

	unlinkat(h->box.run_fd, "attach", 0);
	pid_t pid = fork();

	if (pid == 0) {
		struct supervise s;
		int status;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setsid();
		actor_start(&s, stage, script);
		s.box = &h->box;
		if (supervise_detached(&s, &status, NULL) < 0)
			_exit(FAILED);
		_exit(status);
	}
	close(owner);
	handmade_await(h, "attach");
	return pid;
}

/* A client in a process of its own; the user holds the other ends. */
struct client {
	pid_t pid;
	int in, out, err; /* with a terminal: its master is 'in', and 'err' a pipe */
	int slave;
};

/* In the child: plays 'isle attach'; errors go to descriptor 2. */
static void be_client(struct handmade *h, const struct attach_options *o)
{
	int status;
	bool detached;
	struct err e;
	char text[1024];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int r = attach_client(&h->box, o, &status, &detached, &e);
	if (r < 0) {
		err_format(&e, text, sizeof(text));
		dprintf(2, "%s\n", text);
		_exit(FAILED);
	}
	_exit(detached ? LEFT : status);
}

static void begin_client(struct client *c, struct handmade *h, struct attach_options o, bool terminal)
{
	int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2];

	*c = (struct client){.slave = FD_NONE, .out = FD_NONE};
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	if (terminal) {
		c->in = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
		assert_int_equal(pty_master_prepare(c->in, 21, 61, NULL), 0);
		assert_int_equal(pty_slave(c->in, &c->slave, NULL), 0);
	} else {
		assert_true(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
		c->in = in[1];
		c->out = out[0];
	}
	c->pid = fork();
	if (c->pid == 0) {
		if (terminal && pty_make_controlling(c->slave, NULL) < 0)
			_exit(99);
		if (!terminal) {
			dup2(in[0], 0);
			dup2(out[1], 1);
		}
		dup2(err[1], 2);
		close(c->in);
		be_client(h, &o);
	}
	close(err[1]);
	c->err = err[0];
	if (!terminal) {
		close(in[0]);
		close(out[1]);
	}
}

static void end_client(struct client *c)
{
	fd_close(&c->in);
	fd_close(&c->out);
	fd_close(&c->err);
	fd_close(&c->slave);
}

static void pipes_pass_both_ways(void **state)
{
	struct handmade h;
	struct client c;

	(void)state;
	handmade_make(&h);
	pid_t pid = begin_monitor(&h, PIPES, "cat; echo end >&2; exit 17");
	begin_client(&c, &h, (struct attach_options){.sig_proxy = true}, false);
	/* ^P^Q in a pipe are data. */
	assert_int_equal(write(c.in, "hello\020\021\n", 8), 8);
	await_text(c.out, "hello\020\021\n");
	fd_close(&c.in);
	await_text(c.err, "end\n");
	assert_int_equal(end_of(c.pid), 17);
	close(handmade_own(&h)); /* the owner had let go before the client returned */
	assert_int_equal(end_of(pid), 17);
	end_client(&c);
	handmade_remove(&h);
}

static void without_stdin_it_only_shows(void **state)
{
	struct handmade h;
	struct client c;

	(void)state;
	handmade_make(&h);
	pid_t pid =
		begin_monitor(&h, PIPES, "(while echo later; do sleep 0.05; done) & read a; echo \"$a\"; wait; exit 3");
	begin_client(&c, &h, (struct attach_options){.no_stdin = true}, false);
	assert_int_equal(write(c.in, "never\n", 6), 6);
	await_text(c.out, "later");
	kill(c.pid, SIGTERM); /* without sig_proxy it ends the client alone */
	assert_int_equal(end_of(c.pid), 128 + SIGTERM);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	kill(pid, SIGTERM);
	assert_int_equal(end_of(pid), 143);
	end_client(&c);
	handmade_remove(&h);
}

static struct termios settings_of(int fd)
{
	struct termios t;

	memset(&t, 0, sizeof(t));
	assert_int_equal(tcgetattr(fd, &t), 0);
	return t;
}

static void a_terminal_is_used_and_left(void **state)
{
	struct handmade h;
	struct client c;

	(void)state;
	handmade_make(&h);
	h.box.record.tty = true;
	pid_t pid = begin_monitor(&h, TERMINAL, "while read a; do echo \"got $a\"; stty size; done; exit 5");
	begin_client(&c, &h, (struct attach_options){.sig_proxy = true}, true);
	assert_int_equal(write(c.in, "one\r", 4), 4);
	await_text(c.in, "got one\r\n21 61\r\n");
	assert_false(settings_of(c.slave).c_lflag & ICANON);
	assert_int_equal(write(c.in, "x\020", 2), 2);
	usleep(50000);
	assert_int_equal(write(c.in, "\021", 1), 1);
	assert_int_equal(end_of(c.pid), LEFT);
	assert_true(settings_of(c.slave).c_lflag & ICANON);
	end_client(&c);
	/* It still runs; what was typed before the keys has arrived.  Then with other keys, to its end. */
	begin_client(&c, &h, (struct attach_options){.sig_proxy = true, .detach_keys = "ctrl-a"}, true);
	assert_int_equal(write(c.in, "two\r", 4), 4);
	await_text(c.in, "got xtwo\r\n");
	assert_int_equal(write(c.in, "\004", 1), 1);
	assert_int_equal(end_of(c.pid), 5);
	assert_int_equal(end_of(pid), 5);
	end_client(&c);
	handmade_remove(&h);
}

/* The window is closed: the container and its terminal live on. */
static void a_closed_terminal_only_detaches(void **state)
{
	struct handmade h;
	struct client c;

	(void)state;
	handmade_make(&h);
	h.box.record.tty = true;
	pid_t pid = begin_monitor(&h, TERMINAL, "while echo ready; do sleep 0.05; done");
	begin_client(&c, &h, (struct attach_options){.sig_proxy = true}, true);
	await_text(c.in, "ready");
	end_client(&c);
	int status = end_of(c.pid);
	assert_true(status == LEFT || status == 128 + SIGHUP);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	kill(pid, SIGTERM);
	assert_int_equal(end_of(pid), 143);
	handmade_remove(&h);
}

/* Reads FD until TEXT came, beside what had come before. */
static void await_more(int fd, const char *text)
{
	int had = 0;

	for (assert_int_equal(ioctl(fd, FIONREAD, &had), 0); had > 0; had--) {
		char one;

		assert_int_equal(read(fd, &one, 1), 1);
	}
	await_text(fd, text);
}

static void the_third_interrupt_leaves(void **state)
{
	struct handmade h;
	struct client c;

	(void)state;
	handmade_make(&h);
	pid_t pid = begin_monitor(&h, PIPES, "while echo ready; do sleep 0.05; done");
	begin_client(&c, &h, (struct attach_options){.sig_proxy = true}, false);
	for (int i = 0; i < 2; i++) {
		await_text(c.out, "ready");
		kill(c.pid, SIGINT);
		await_taken(c.pid, SIGINT);
	}
	await_more(c.out, "ready"); /* it is still there */
	kill(c.pid, SIGINT);
	assert_int_equal(end_of(c.pid), 128 + SIGINT);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	kill(pid, SIGTERM);
	assert_int_equal(end_of(pid), 143);
	end_client(&c);
	handmade_remove(&h);
}

/* A client whose own reader is slow but reads gets everything; one that is stuck is disconnected, and says why. */
static void slow_and_stuck_readers(void **state)
{
	struct handmade h;
	struct client c;

	(void)state;
	handmade_make(&h);
	/* Each time more than one pipe holds, and less than ATTACH_QUEUE beside it. */
	pid_t pid = begin_monitor(&h, PIPES, "for i in 1 2 3 4 5 6 7 8; do read a; seq 1 20000; done; exit 8");
	begin_client(&c, &h, (struct attach_options){.sig_proxy = true}, false);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(write(c.in, "\n", 1), 1);
		char *text = read_until(c.out, "\n20000\n");
		assert_int_equal(strlen(text), 108894);
		free(text);
	}
	assert_int_equal(end_of(c.pid), 8);
	assert_int_equal(end_of(pid), 8);
	end_client(&c);

	char script[160];
	snprintf(script, sizeof(script), "read a; seq 1 300000; : >%s/written; read b; exit 9", h.dir);
	pid = begin_monitor(&h, PIPES, script);
	begin_client(&c, &h, (struct attach_options){.sig_proxy = true}, false);
	assert_int_equal(write(c.in, "\n", 1), 1);
	handmade_await(&h, "written");
	free(read_until(c.out, NULL));
	assert_int_equal(end_of(c.pid), FAILED);
	await_text(c.err, "it still runs");
	kill(pid, SIGTERM);
	assert_int_equal(end_of(pid), 143);
	end_client(&c);
	handmade_remove(&h);
}

static void errors_are_sentences(void **state)
{
	const struct attach_options show_only = {.no_stdin = true};
	struct handmade h;
	struct err e;
	int status;

	(void)state;
	handmade_make(&h);
	assert_int_equal(attach_client(&h.box, &show_only, &status, NULL, &e), -ENOENT);
	assert_true(e.what[0] && e.why[0]);
	const struct attach_options keys = {.detach_keys = "ctrl-"};
	assert_true(attach_client(&h.box, &keys, &status, NULL, &e) < 0);
	assert_non_null(strstr(e.what, "ctrl-"));
	/* A monitor that is gone. */
	pid_t pid = begin_monitor(&h, PIPES, "exit 0");
	end_of(pid);
	assert_int_equal(attach_client(&h.box, &show_only, &status, NULL, &e), -ECONNREFUSED);
	handmade_remove(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipes_pass_both_ways),	       cmocka_unit_test(without_stdin_it_only_shows),
		cmocka_unit_test(a_terminal_is_used_and_left), cmocka_unit_test(a_closed_terminal_only_detaches),
		cmocka_unit_test(the_third_interrupt_leaves),  cmocka_unit_test(slow_and_stuck_readers),
		cmocka_unit_test(errors_are_sentences),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
