/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kills a command, or one of its descendants, just before one of the system calls with which it changes something.
 *
 *     kill-at [-a] list FILE COMMAND...        writes a line "PROCESS N CALL" into FILE for each such call
 *     kill-at [-a] PROCESS N COMMAND...        SIGKILL for PROCESS before its Nth such call
 *
 * PROCESS is a path of births: 0 is the command, 0.2 its second child or thread, 0.2.1 the first of that one; so it names
 * the same one in each run, however the machine divides its time.  Ends with the command; with -a, when the last descendant
 * has ended.  The status is 0 if PROCESS was killed (or FILE written), 3 if it never came so far, 142 after a minute.
 *
 * What changes nothing outside of its process stands in the table below; any other call counts, and so does a new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TASKS_MAX = 256,
	CALLS_MAX = 1024,
	PATIENCE_S = 60,
	NOT_REACHED = 3,
	SYSCALL_STOP = SIGTRAP | 0x80,
};

/* Patterns of names, and what no pattern can tell is in is_harmless(). */
static const char *const harmless[] = {
	"access",	"arch_prctl", "brk",	     "cap[gs]et",	"chdir",	"clock_*",     "close",
	"close_range",	"dup*",	      "epoll_*",     "exit*",		"faccessat*",	"fchdir",      "fgetxattr",
	"fstat*",	"futex*",     "get*",	     "ioctl",		"lseek",	"madvise",     "membarrier",
	"memfd_create", "mmap",	      "mprotect",    "munmap",		"nanosleep",	"newfstatat",  "pidfd_open",
	"pipe*",	"poll",	      "ppoll",	     "prctl",		"pread64",	"prlimit64",   "read",
	"readlink*",	"readv",      "recvmsg",     "restart_syscall", "rseq",		"rt_sig*",     "sched_*",
	"seccomp",	"set_*",      "setfs[gu]id", "setgroups",	"setres[gu]id", "sigaltstack", "signalfd4",
	"socket",	"socketpair", "stat*",	     "sysinfo",		"umask",	"uname",       "wait*"};

/* A process or thread below the command. */
struct task {
	pid_t tid;
	char path[64]; /* empty: it has begun before its parent told of it */
	bool begun;
	unsigned int births, changes;
};

static struct task tasks[TASKS_MAX];
static int task_n;

/* What is asked for, and whether it was done. */
static struct {
	FILE *list;
	const char *path;
	unsigned int change;
	bool everybody, killed;
} wanted;

static void fail(const char *what)
{
	fprintf(stderr, "kill-at: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The task TID, which is made if there is none yet. */
static struct task *task_of(pid_t tid)
{
	for (int i = 0; i < task_n; i++)
		if (tasks[i].tid == tid)
			return &tasks[i];
	if (task_n == TASKS_MAX) {
		errno = ENFILE;
		fail("follow a process");
	}
	tasks[task_n] = (struct task){.tid = tid};
	return &tasks[task_n++];
}

static void task_forget(pid_t tid)
{
	struct task *t = task_of(tid);

	*t = tasks[--task_n];
}

/* One that has just been killed does not go on; after that nobody is watched any more. */
static void go_on(pid_t tid, int sig)
{
	if (ptrace(wanted.killed ? PTRACE_CONT : PTRACE_SYSCALL, tid, NULL, (void *)(long)sig) < 0 && errno != ESRCH)
		fail("let a process go on");
}

/* The name of system call NR, looked up once. */
static const char *call_name(uint64_t nr)
{
	static char *names[CALLS_MAX];

	if (nr >= CALLS_MAX)
		return "unknown";
	if (!names[nr])
		names[nr] = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)nr);
	return names[nr] ? names[nr] : "unknown";
}

/* Whether the call changes nothing outside of its process. */
static bool is_harmless(const char *name, const uint64_t args[6])
{
	const uint64_t makes = O_CREAT | O_TRUNC | (O_TMPFILE & ~(uint64_t)O_DIRECTORY);

	if (!strcmp(name, "open"))
		return !(args[1] & makes);
	if (!strcmp(name, "openat"))
		return !(args[2] & makes);
	if (!strcmp(name, "fcntl")) /* locks and seals change something */
		return args[1] <= F_SETFL || args[1] == F_DUPFD_CLOEXEC;
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (!fnmatch(harmless[i], name, 0))
			return true;
	return false;
}

/*
 * Kills the whole process of TID.  Another thread of it may be about to tell of a birth, and never will: whoever waits to
 * be told of goes on.
 */
static void kill_process(pid_t tid)
{
	wanted.killed = kill(tid, SIGKILL) == 0;
	for (size_t i = 0; i < (size_t)task_n; i++)
		if (tasks[i].begun && !tasks[i].path[0])
			go_on(tasks[i].tid, 0);
}

/* Task T is about to make a call: notes it, or kills the process that it belongs to. */
static void look_at_call(struct task *t)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, (void *)sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	const char *name = call_name(info.entry.nr);
	if (is_harmless(name, (const uint64_t *)info.entry.args))
		return;
	t->changes++;
	if (wanted.list)
		fprintf(wanted.list, "%s %u %s\n", t->path, t->changes, name);
	else if (t->changes == wanted.change && !strcmp(t->path, wanted.path))
		kill_process(t->tid);
}

/* Task T has born another one. */
static void birth(struct task *t)
{
	unsigned long tid = 0;

	if (ptrace(PTRACE_GETEVENTMSG, t->tid, NULL, &tid) < 0)
		return;
	char path[sizeof(t->path)];
	if (snprintf(path, sizeof(path), "%.50s.%u", t->path, ++t->births) >= (int)sizeof(path))
		fail("name a process");
	struct task *child = task_of((pid_t)tid);
	strcpy(child->path, path);
	if (child->begun)
		go_on(child->tid, 0);
}

/* Task TID stopped with STATUS. */
static void stopped(pid_t tid, int status)
{
	struct task *t = task_of(tid);
	int event = status >> 16, sig = WSTOPSIG(status);

	if (!t->begun) { /* a stop with which the kernel gives it to us */
		t->begun = true;
		if (t->path[0] || wanted.killed)
			go_on(tid, 0);
		return;
	}
	if (sig == SYSCALL_STOP)
		look_at_call(t);
	else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE)
		birth(t);
	go_on(tid, sig == SYSCALL_STOP || event ? 0 : sig);
}

/* Begins the command, and has it and all its descendants stop where something is to be seen; first at its program's start. */
static pid_t begin(char **command)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEEXEC;
	int go[2];

	if (pipe2(go, O_CLOEXEC) < 0)
		fail("pipe");
	pid_t pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		close(go[1]);
		if (read(go[0], &pid, 1) == 0)
			execvp(command[0], command);
		fail(command[0]);
	}
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)options) < 0)
		fail("trace the command");
	strcpy(task_of(pid)->path, "0");
	close(go[1]);
	close(go[0]);
	return pid;
}

/* Who is traced when this ends goes on, untraced. */
int main(int argc, char **argv)
{
	int status, at = 1;

	if (argc > at && !strcmp(argv[at], "-a")) {
		wanted.everybody = true;
		at++;
	}
	if (argc < at + 3) {
		fputs("usage: kill-at [-a] (list FILE | PROCESS N) COMMAND...\n", stderr);
		return 2;
	}
	if (!strcmp(argv[at], "list")) {
		wanted.list = fopen(argv[at + 1], "we");
		if (!wanted.list)
			fail(argv[at + 1]);
	} else {
		wanted.path = argv[at];
		wanted.change = (unsigned int)atoi(argv[at + 1]);
	}
	alarm(PATIENCE_S);
	pid_t command = begin(argv + at + 2), tid;
	while ((tid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status)) {
			stopped(tid, status);
			continue;
		}
		task_forget(tid);
		if (tid == command && !wanted.everybody)
			break;
	}
	if (wanted.list && fclose(wanted.list) != 0)
		fail("write the list");
	return wanted.list || wanted.killed ? 0 : NOT_REACHED;
}
