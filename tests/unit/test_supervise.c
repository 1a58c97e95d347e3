/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The foreground supervisor: exit statuses, signals, input and output, slow and vanished readers, and the terminal. */
#include "actors.h"
#include "core/tty.h"
#include "process_state.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <termios.h>

enum { FAILED = 200 }; /* the supervisor returned an error */

/* A supervisor in a process of its own, and the ends of its descriptors that the user holds. */
struct play {
	pid_t pid;
	int in, out, err; /* pipes; or all the user's terminal's master in 'in' */
	int slave;	  /* of the user's terminal */
};

/* In the child: plays 'isle run'. */
static void be_supervisor(const struct supervise *settings, enum stage stage, const char *script)
{
	struct supervise s;
	struct err e;
	int status;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	actor_start(&s, stage, script);
	s.interactive = settings->interactive;
	s.timeout_s = settings->timeout_s;
	int r = supervise_foreground(&s, &status, &e);
	_exit(r < 0 ? FAILED : status);
}

/* Begins a play whose user has pipes. */
static void begin(struct play *p, enum stage stage, struct supervise settings, const char *script)
{
	int in[2], out[2], err[2];

	assert_true(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0);
	p->pid = fork();
	if (p->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		sys_close_range(3, ~0U, 0);
		be_supervisor(&settings, stage, script);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	*p = (struct play){p->pid, in[1], out[0], err[0], FD_NONE};
}

/* Begins a play whose user has a terminal. */
static void begin_on_terminal(struct play *p, struct supervise settings, const char *script)
{
	p->in = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_int_equal(pty_master_prepare(p->in, 30, 90, NULL), 0);
	assert_int_equal(pty_slave(p->in, &p->slave, NULL), 0);
	p->out = p->err = FD_NONE;
	p->pid = fork();
	if (p->pid == 0) {
		if (pty_make_controlling(p->slave, NULL) < 0)
			_exit(99);
		sys_close_range(3, ~0U, 0);
		be_supervisor(&settings, TERMINAL, script);
	}
}

static void finish(struct play *p)
{
	fd_close(&p->in);
	fd_close(&p->out);
	fd_close(&p->err);
	fd_close(&p->slave);
}

/* Plays SCRIPT without input; checks its status. */
static void play(enum stage stage, struct supervise settings, const char *script, int want)
{
	struct play p;

	begin(&p, stage, settings, script);
	int status = end_of(p.pid);
	if (status != want)
		fail_msg("%s: status %d, not %d", script, status, want);
	finish(&p);
}

static void the_exit_status_is_exact(void **state)
{
	static const struct {
		const char *script;
		int status;
	} rows[] = {{"exit 0", 0},	    {"exit 1", 1},	    {"exit 77", 77},
		    {"exit 125", 125},	    {"exit 255", 255},	    {"kill -KILL $$", 137},
		    {"kill -TERM $$", 143}, {"kill -ABRT $$", 134}, {"kill -HUP $$", 129}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (enum stage stage = OWN_DESCRIPTORS; stage <= TERMINAL; stage++)
			play(stage, SUPERVISE_NONE, rows[i].script, rows[i].status);
}

static void output_is_complete_and_kept_apart(void **state)
{
	struct play p;

	(void)state;
	begin(&p, PIPES, SUPERVISE_NONE, "seq 1 50000; echo to-err >&2; echo end");
	char *out = read_until(p.out, NULL), *err = read_until(p.err, NULL);
	assert_int_equal(end_of(p.pid), 0);
	assert_string_equal(err, "to-err\n");
	char *at = out, line[16];
	for (int i = 1; i <= 50000; i++) {
		int n = snprintf(line, sizeof(line), "%d\n", i);

		assert_memory_equal(at, line, (size_t)n);
		at += n;
	}
	assert_string_equal(at, "end\n");
	free(out);
	free(err);
	finish(&p);
}

static void input_and_its_end_are_passed_on(void **state)
{
	struct play p;

	(void)state;
	begin(&p, PIPES, (struct supervise){.interactive = true}, "cat; exit 5");
	assert_int_equal(write(p.in, "hello\n", 6), 6);
	await_text(p.out, "hello\n");
	assert_int_equal(write(p.in, "more", 4), 4);
	fd_close(&p.in);
	await_text(p.out, "more");
	assert_int_equal(end_of(p.pid), 5);
	finish(&p);
	/* Not interactive: the container's input has ended from the start. */
	begin(&p, PIPES, SUPERVISE_NONE, "cat; exit 6");
	assert_int_equal(end_of(p.pid), 6);
	finish(&p);
}

/* A container that does not read its input, or has closed it, disturbs nothing. */
static void input_that_nobody_wants(void **state)
{
	static char bytes[300000];
	struct play p;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	begin(&p, PIPES, (struct supervise){.interactive = true}, "exec <&-; echo closed; sleep 0.3; exit 3");
	await_text(p.out, "closed");
	fcntl(p.in, F_SETFL, O_NONBLOCK);
	assert_true(write(p.in, bytes, sizeof(bytes)) > 0);
	assert_int_equal(end_of(p.pid), 3);
	finish(&p);
	begin(&p, PIPES, (struct supervise){.interactive = true}, "echo ready; sleep 0.3; exit 4");
	await_text(p.out, "ready");
	fcntl(p.in, F_SETFL, O_NONBLOCK);
	assert_true(write(p.in, bytes, sizeof(bytes)) > 0);
	assert_int_equal(end_of(p.pid), 4);
	finish(&p);
}

static void signals_are_passed_on(void **state)
{
	static const struct {
		const char *name;
		int sig;
	} rows[] = {{"HUP", SIGHUP},   {"INT", SIGINT},	  {"QUIT", SIGQUIT},
		    {"TERM", SIGTERM}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2},
		    {"ALRM", SIGALRM}, {"CONT", SIGCONT}, {"37", 37 /* a real-time one */}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char script[200];
		struct play p;

		snprintf(script, sizeof(script), "trap 'exit %zu' %s; echo ready; while :; do sleep 0.05; done", 50 + i,
			 rows[i].name);
		begin(&p, PIPES, SUPERVISE_NONE, script);
		await_text(p.out, "ready");
		kill(p.pid, rows[i].sig);
		int status = end_of(p.pid);
		if (status != (int)(50 + i))
			fail_msg("%s: status %d", rows[i].name, status);
		finish(&p);
	}
}

/* The container ignores what asks it to end: twice is not enough, the third time kills. */
static void the_third_interrupt_kills(void **state)
{
	struct play p;

	(void)state;
	begin(&p, PIPES, (struct supervise){.interactive = true},
	      "trap '' INT TERM; echo ready; while read a; do echo alive; done");
	await_text(p.out, "ready");
	kill(p.pid, SIGINT);
	await_taken(p.pid, SIGINT);
	kill(p.pid, SIGTERM);
	await_taken(p.pid, SIGTERM);
	assert_int_equal(write(p.in, "\n", 1), 1);
	await_text(p.out, "alive");
	kill(p.pid, SIGINT);
	assert_int_equal(end_of(p.pid), 137);
	finish(&p);
}

static void the_time_limit_kills(void **state)
{
	int64_t begin_ns = time_monotonic();

	(void)state;
	play(PIPES, (struct supervise){.timeout_s = 1}, "trap '' TERM; while :; do sleep 0.05; done", 137);
	assert_true(time_monotonic() - begin_ns >= 1000000000);
	assert_true(time_monotonic() - begin_ns < PATIENCE_NS);
	play(PIPES, (struct supervise){.timeout_s = 100}, "exit 4", 4);
}

/* 'isle run … | head -1': the program sees a broken pipe, as it would without us. */
static void a_reader_that_leaves(void **state)
{
	struct play p;

	(void)state;
	begin(&p, PIPES, SUPERVISE_NONE, "exec yes");
	await_text(p.out, "y\n");
	fd_close(&p.out);
	assert_int_equal(end_of(p.pid), 128 + SIGPIPE);
	finish(&p);
	/* Nobody reads from the start, and the output is a terminal's: it is dropped, the program goes on. */
	begin(&p, TERMINAL, SUPERVISE_NONE, "sleep 0.2; seq 1 10000; exit 9");
	fd_close(&p.out);
	assert_int_equal(end_of(p.pid), 9);
	finish(&p);
}

/* Nothing is lost when the reader is slower than the program, which has ended long before. */
static void a_slow_reader_gets_everything(void **state)
{
	struct play p;

	(void)state;
	begin(&p, PIPES, SUPERVISE_NONE, "seq 1 20000; exit 6"); /* 108894 bytes: more than one pipe holds */
	sleep(3);
	char *out = read_until(p.out, NULL);
	assert_int_equal(strlen(out), 108894);
	assert_int_equal(end_of(p.pid), 6);
	free(out);
	finish(&p);
}

/* Waits until the only child of PID has ended, and PID has seen that and has nothing to do. */
static void await_end_of_child(pid_t pid)
{
	char path[64];
	int child = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	FILE *f = fopen(path, "re");
	assert_true(f && fscanf(f, "%d", &child) == 1);
	fclose(f);
	for (int64_t end = time_monotonic() + PATIENCE_NS; time_monotonic() < end; usleep(1000))
		if (process_state(child) == 'Z' && process_state(pid) == 'S')
			return;
	fail_msg("the container has not ended");
}

/* …and one that never reads does not make us immortal. */
static void a_signal_ends_the_wait_for_a_reader(void **state)
{
	struct play p;

	(void)state;
	begin(&p, PIPES, SUPERVISE_NONE, "seq 1 20000; exit 6");
	assert_int_equal(read(p.out, (char[2]){0}, 2), 2);
	await_end_of_child(p.pid);
	assert_int_equal(waitpid(p.pid, NULL, WNOHANG), 0);
	kill(p.pid, SIGTERM);
	assert_int_equal(end_of(p.pid), 6);
	finish(&p);
}

/* Others that outlive the first process (a shared pid namespace) and write on are not waited for. */
static void only_the_first_process_counts(void **state)
{
	for (enum stage stage = PIPES; stage <= TERMINAL; stage++) {
		struct play p;
		char *out;

		begin(&p, stage, SUPERVISE_NONE,
		      "(trap '' HUP; i=0; while [ $i -lt 6000 ] && echo other; do sleep 0.01; i=$((i+1)); done) & "
		      "sleep 0.1; echo mine; exit 7");
		assert_int_equal(end_of(p.pid), 7);
		out = read_until(p.out, NULL);
		assert_non_null(strstr(out, "mine"));
		free(out);
		finish(&p);
	}
	(void)state;
}

static void lost_output_is_an_error(void **state)
{
	struct supervise s;
	struct err e;
	int status;

	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		auto_fd full = open("/dev/full", O_WRONLY | O_CLOEXEC);

		dup2(full, 1);
		actor_start(&s, PIPES, "echo lost; sleep 0.1; exit 0");
		int r = supervise_foreground(&s, &status, &e);
		_exit(r == -ENOSPC && strstr(e.what, "standard output") ? 0 : 1);
	}
	assert_int_equal(end_of(pid), 0);
}

/* ---- terminals ---- */

static void set_size(int master, unsigned short rows, unsigned short cols)
{
	struct winsize size = {.ws_row = rows, .ws_col = cols};

	assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
}

static struct termios settings_of(int fd)
{
	struct termios t;

	memset(&t, 0, sizeof(t));
	assert_int_equal(tcgetattr(fd, &t), 0);
	return t;
}

/* Typed lines are echoed once, by the container's terminal, whose size is the user's and follows it. */
static void the_terminal_is_relayed(void **state)
{
	struct play p;

	(void)state;
	/* The program may be there before its terminal has a size. */
	begin_on_terminal(&p, (struct supervise){.interactive = true},
			  "trap 'stty size' WINCH; while [ \"$(stty size)\" = '0 0' ]; do sleep 0.01; done; "
			  "stty size; echo ready; read a; echo \"got $a\"; "
			  "while :; do read b && exit 8; done");
	await_text(p.in, "30 90\r\nready");
	struct termios raw = settings_of(p.slave);
	assert_false(raw.c_lflag & (ICANON | ECHO | ISIG));
	assert_int_equal(write(p.in, "hi\r", 3), 3);
	char *text = read_until(p.in, "got hi\r\n");
	assert_non_null(strstr(text, "hi\r\ngot hi\r\n"));
	assert_null(strstr(text, "hi\r\nhi\r\n"));
	free(text);
	set_size(p.in, 44, 133);
	await_text(p.in, "44 133");
	assert_int_equal(write(p.in, "x\r", 2), 2);
	assert_int_equal(end_of(p.pid), 8);
	finish(&p);
}

/* ^C is a byte for the container's terminal, whose program gets the signal; ours never does. */
static void control_c_is_the_containers(void **state)
{
	struct play p;

	(void)state;
	begin_on_terminal(&p, (struct supervise){.interactive = true},
			  "trap 'exit 11' INT; echo ready; while :; do sleep 0.05; done");
	await_text(p.in, "ready");
	assert_int_equal(write(p.in, "\003", 1), 1);
	assert_int_equal(end_of(p.pid), 11);
	finish(&p);
}

static void the_users_terminal_comes_back(void **state)
{
	/* The way in which the supervisor ends: 0 by itself. */
	static const int ways[] = {0, SIGTERM, SIGSEGV, SIGABRT};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct play p;

		begin_on_terminal(&p, (struct supervise){.interactive = true},
				  "trap 'exit 12' TERM; echo ready; read a; exit 13");
		await_text(p.in, "ready");
		assert_false(settings_of(p.slave).c_lflag & ICANON);
		if (ways[i])
			kill(p.pid, ways[i]);
		if (ways[i] == SIGTERM)
			usleep(100000);
		if (!ways[i] || ways[i] == SIGTERM)
			assert_int_equal(write(p.in, "\r", 1), 1);
		end_of(p.pid);
		struct termios after = settings_of(p.slave);
		assert_true(after.c_lflag & ICANON);
		assert_true(after.c_lflag & ECHO);
		finish(&p);
	}
}

/* The user's terminal window is closed: the container's terminal hangs up, and a program that does not care ends. */
static void a_closed_terminal_hangs_up(void **state)
{
	struct play p;

	(void)state;
	begin_on_terminal(&p, (struct supervise){.interactive = true}, "trap '' HUP; echo ready; read a; exit 14");
	await_text(p.in, "ready");
	finish(&p);
	assert_int_equal(end_of(p.pid), 14);
	begin_on_terminal(&p, (struct supervise){.interactive = true}, "echo ready; sleep 100");
	await_text(p.in, "ready");
	finish(&p);
	assert_int_equal(end_of(p.pid), 129);
}

/* A program that closes its terminal and opens it again loses nothing, and costs no busy loop. */
static void a_terminal_that_is_left_for_a_while(void **state)
{
	struct play p;
	struct rusage usage;

	(void)state;
	getrusage(RUSAGE_CHILDREN, &usage);
	int64_t before = usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
	begin_on_terminal(&p, SUPERVISE_NONE,
			  "t=$(tty); echo first; exec </dev/null >/dev/null 2>&1; sleep 1; "
			  "exec >$t; echo second; exit 0");
	await_text(p.in, "second");
	assert_int_equal(end_of(p.pid), 0);
	getrusage(RUSAGE_CHILDREN, &usage);
	int64_t after = usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
	assert_true(after - before < 300000);
	finish(&p);
}

int main(void)
{
	/* Whoever runs us in the background may ignore them, and so would everything that is started here. */
	const int wanted[] = {SIGHUP, SIGINT, SIGQUIT};

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		signal(wanted[i], SIG_DFL);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exit_status_is_exact),
		cmocka_unit_test(output_is_complete_and_kept_apart),
		cmocka_unit_test(input_and_its_end_are_passed_on),
		cmocka_unit_test(input_that_nobody_wants),
		cmocka_unit_test(signals_are_passed_on),
		cmocka_unit_test(the_third_interrupt_kills),
		cmocka_unit_test(the_time_limit_kills),
		cmocka_unit_test(a_reader_that_leaves),
		cmocka_unit_test(a_slow_reader_gets_everything),
		cmocka_unit_test(a_signal_ends_the_wait_for_a_reader),
		cmocka_unit_test(only_the_first_process_counts),
		cmocka_unit_test(lost_output_is_an_error),
		cmocka_unit_test(the_terminal_is_relayed),
		cmocka_unit_test(control_c_is_the_containers),
		cmocka_unit_test(the_users_terminal_comes_back),
		cmocka_unit_test(a_closed_terminal_hangs_up),
		cmocka_unit_test(a_terminal_that_is_left_for_a_while),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
