/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tries system calls and says what the kernel answered: one line "NAME ERRNO" for each, "OK" where it was let through.
 *
 *     probe-calls calls             calls that no container needs, with arguments that harm nothing if they are allowed
 *     probe-calls sockets           an address family each
 *     probe-calls open FLAGS FILE…  opens files: r, w, or rw; never reads or writes
 *     probe-calls handle FILE       finds FILE's file system by a handle of its root directory ("Shocker")
 *     probe-calls deep NUMBER       makes NUMBER directories, each in the one before
 *     probe-calls threads           starts a thread, as a C library does it: clone3, and clone where that is unknown
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *name_of(int code)
{
	static const struct {
		int code;
		const char *name;
	} names[] = {
		{0, "OK"},
		{EPERM, "EPERM"},
		{ENOSYS, "ENOSYS"},
		{EACCES, "EACCES"},
		{ENOENT, "ENOENT"},
		{EROFS, "EROFS"},
		{EINVAL, "EINVAL"},
		{EFAULT, "EFAULT"},
		{ENXIO, "ENXIO"},
		{ENODEV, "ENODEV"},
		{EBADF, "EBADF"},
		{EIO, "EIO"},
		{ESRCH, "ESRCH"},
		{EAFNOSUPPORT, "EAFNOSUPPORT"},
		{ENOTTY, "ENOTTY"},
		{EISDIR, "EISDIR"},
		{ENOTDIR, "ENOTDIR"},
		{EPROTONOSUPPORT, "EPROTONOSUPPORT"},
	};
	static char number[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	snprintf(number, sizeof(number), "%d", code);
	return number;
}

static void tell(const char *name, long r)
{
	printf("%s %s\n", name, name_of(r < 0 ? errno : 0));
}

/* Tried with pointers and descriptors that lead nowhere: what is let through fails behind the filter with EFAULT, EBADF… */
static const struct {
	const char *name;
	long number;
} plain[] = {
	{"add_key", SYS_add_key},
	{"bpf", SYS_bpf},
	{"fanotify_init", SYS_fanotify_init},
	{"fsconfig", SYS_fsconfig},
	{"fsmount", SYS_fsmount},
	{"fsopen", SYS_fsopen},
	{"fspick", SYS_fspick},
	{"io_uring_enter", SYS_io_uring_enter},
	{"io_uring_register", SYS_io_uring_register},
	{"io_uring_setup", SYS_io_uring_setup},
	{"kcmp", SYS_kcmp},
	{"kexec_load", SYS_kexec_load},
	{"keyctl", SYS_keyctl},
	{"lookup_dcookie", SYS_lookup_dcookie},
	{"mount", SYS_mount},
	{"mount_setattr", SYS_mount_setattr},
	{"move_mount", SYS_move_mount},
	{"name_to_handle_at", SYS_name_to_handle_at},
	{"open_by_handle_at", SYS_open_by_handle_at},
	{"open_tree", SYS_open_tree},
	{"perf_event_open", SYS_perf_event_open},
	{"pidfd_getfd", SYS_pidfd_getfd},
	{"pivot_root", SYS_pivot_root},
	{"quotactl", SYS_quotactl},
	{"request_key", SYS_request_key},
	{"setns", SYS_setns},
	{"swapon", SYS_swapon},
	{"syslog", SYS_syslog},
	{"umount2", SYS_umount2},
	{"userfaultfd", SYS_userfaultfd},
	{"vmsplice", SYS_vmsplice},
#ifdef __x86_64__
	{"iopl", SYS_iopl},
	{"modify_ldt", SYS_modify_ldt},
#endif
};

/* Calls that make a process or change this one, or may be answered by death: tried in a child. */
static const struct trial {
	const char *name;
	long number, a, b;
	bool i386; /* by the door for 32-bit programs */
} trials[] = {
	{"unshare_user", SYS_unshare, CLONE_NEWUSER, 0, false},
	{"unshare_mnt", SYS_unshare, CLONE_NEWNS, 0, false},
	{"unshare_net", SYS_unshare, CLONE_NEWNET, 0, false},
	{"unshare_cgroup", SYS_unshare, 0x02000000, 0, false},
	{"clone_user", SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, false},
	{"clone_user_high", SYS_clone, (long)(CLONE_NEWUSER | SIGCHLD | 0x4000000000000000UL), 0, false},
#ifdef __x86_64__
	{"i386_getpid", 20, 0, 0, true},
	{"i386_unshare_user", 310, CLONE_NEWUSER, 0, true},
	{"i386_clone_user", 120, CLONE_NEWUSER | SIGCHLD, 0, true},
	{"i386_mount", 21, 0, 0, true},
	{"i386_keyctl", 288, -1, 0, true},
	{"i386_socket_alg", 359, 38, 0, true},
	{"x32_unshare_user", 0x40000000L + SYS_unshare, CLONE_NEWUSER, 0, false},
	{"x32_keyctl", 0x40000000L + SYS_keyctl, -1, 0, false},
#endif
};

/* The call NUMBER of 32-bit programs. */
static long call_i386(long number, long a)
{
	long r = -ENOSYS;

#ifdef __x86_64__
	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(number), "b"(a), "c"(0), "d"(0), "S"(0), "D"(0)
			 : "memory", "r8", "r9", "r10", "r11");
#endif
	errno = r < 0 ? (int)-r : 0;
	return r < 0 ? -1 : r;
}

/* Forks, and says what came of it. */
static void tell_trial(const struct trial *t)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		long r = t->i386 ? call_i386(t->number, t->a) : syscall(t->number, t->a, t->b, 0, 0, 0);

		_exit(r < 0 ? errno : 0); /* a child of the child says OK, too, but nobody waits for it */
	}
	waitpid(pid, &status, 0);
	printf("%s %s\n", t->name, WIFEXITED(status) ? name_of(WEXITSTATUS(status)) : "KILLED");
}

static void calls(void)
{
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		tell(plain[i].name, syscall(plain[i].number, -1L, -1L, -1L, -1L, -1L));
	tell("personality", syscall(SYS_personality, (long)ADDR_NO_RANDOMIZE));
	tell("clone3", syscall(SYS_clone3, NULL, 0L));
	tell("unknown", syscall(4000L));
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++)
		tell_trial(&trials[i]);
}

static void sockets(void)
{
	static const struct {
		const char *name;
		int family, type;
	} all[] = {
		{"unix", AF_UNIX, SOCK_STREAM},	   {"inet", AF_INET, SOCK_STREAM},
		{"netlink", AF_NETLINK, SOCK_RAW}, {"inet_raw", AF_INET, SOCK_RAW},
		{"packet", AF_PACKET, SOCK_RAW},   {"key", AF_KEY, SOCK_RAW},
		{"rds", AF_RDS, SOCK_SEQPACKET},   {"can", AF_CAN, SOCK_RAW},
		{"tipc", AF_TIPC, SOCK_STREAM},	   {"bluetooth", AF_BLUETOOTH, SOCK_RAW},
		{"rxrpc", AF_RXRPC, SOCK_DGRAM},   {"alg", AF_ALG, SOCK_SEQPACKET},
		{"nfc", AF_NFC, SOCK_RAW},	   {"vsock", AF_VSOCK, SOCK_STREAM},
		{"smc", 43, SOCK_STREAM},	   {"xdp", 44, SOCK_RAW},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		errno = 0;
		tell(all[i].name, socket(all[i].family, all[i].type, 0));
	}
	/* The kernel takes the low half of the argument only. */
	tell("alg_high", syscall(SYS_socket, 0x100000000L + AF_ALG, (long)SOCK_SEQPACKET, 0L));
}

static void open_all(const char *flags, char **files)
{
	int how = strcmp(flags, "rw") == 0 ? O_RDWR : *flags == 'w' ? O_WRONLY : O_RDONLY;

	for (; *files; files++) {
		int fd = open(*files, how | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		tell(*files, fd);
		if (fd >= 0)
			close(fd);
	}
}

/* Inode 2 is the root directory of most file systems: a handle for it needs no path. */
static void handle(const char *file)
{
	struct {
		struct file_handle head;
		unsigned char bytes[8];
	} h = {.head = {.handle_bytes = 8, .handle_type = 1}, .bytes = {2, 0, 0, 0, 0, 0, 0, 0}};
	int base = open(file, O_RDONLY | O_CLOEXEC);

	tell("open_by_handle_at", open_by_handle_at(base, &h.head, O_RDONLY));
}

static int deep(long n)
{
	for (; n > 0; n--)
		if (mkdir("d", 0755) < 0 || chdir("d") < 0) {
			perror("probe-calls: mkdir");
			return 1;
		}
	return 0;
}

static void *nothing(void *p)
{
	return p;
}

static int threads(void)
{
	pthread_t t;
	int r = pthread_create(&t, NULL, nothing, NULL);

	return r == 0 ? pthread_join(t, NULL) : r;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "calls") == 0)
		calls();
	else if (argc == 2 && strcmp(argv[1], "sockets") == 0)
		sockets();
	else if (argc > 3 && strcmp(argv[1], "open") == 0)
		open_all(argv[2], argv + 3);
	else if (argc == 3 && strcmp(argv[1], "handle") == 0)
		handle(argv[2]);
	else if (argc == 3 && strcmp(argv[1], "deep") == 0)
		return deep(atol(argv[2]));
	else if (argc == 2 && strcmp(argv[1], "threads") == 0)
		return threads();
	else
		return 2;
	return 0;
}
