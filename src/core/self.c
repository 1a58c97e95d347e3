/* SPDX-License-Identifier: GPL-2.0-or-later */
/* isle's own program file: see self.h. */
#include "core/self.h"

#include "base/fd.h"
#include "core/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#ifndef MFD_EXEC /* 6.3 */
#define MFD_EXEC 0x0010U
#endif

enum { WORDS_MAX = 8 * 1024 * 1024 }; /* more than a command line can have (execve(2)) */

static const char memory_name[] = "/memfd:isle-self";

bool self_protected(void)
{
	static const char by_descriptor[] = "/dev/fd/"; /* execveat(2) */
	char path[sizeof(memory_name)] = "";
	const char *name = (const char *)getauxval(AT_EXECFN);

	/* To look behind /proc/self takes a process twenty microseconds, the first time. */
	if (!name || strncmp(name, by_descriptor, strlen(by_descriptor)) != 0)
		return false;
	return readlink("/proc/self/exe", path, sizeof(path) - 1) > 0 &&
	       strncmp(path, memory_name, strlen(memory_name)) == 0;
}

/* The words that this process was started with. */
static int own_words(struct arena *a, struct strs *ret, struct err *e)
{
	char *text;
	size_t size;
	int r = file_read(AT_FDCWD, "/proc/self/cmdline", a, WORDS_MAX, &text, &size, e);

	for (size_t at = 0; r == 0 && at < size; at += strlen(text + at) + 1)
		strs_take(ret, a, text + at);
	return r;
}

/* The program file as a sealed file in memory. */
static int copy_make(int *ret_fd)
{
	const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	auto_fd from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	auto_fd to = memfd_create("isle-self", flags | MFD_EXEC);
	struct stat st;

	if (to < 0 && errno == EINVAL) /* before 6.3 */
		to = memfd_create("isle-self", flags);
	if (from < 0 || to < 0 || fstat(from, &st) < 0)
		return -errno;
	for (off_t left = st.st_size; left > 0;) {
		ssize_t n = sendfile(to, from, NULL, (size_t)left);

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		left -= n;
	}
	if (fchmod(to, 0555) < 0 ||
	    fcntl(to, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	*ret_fd = fd_take(&to);
	return 0;
}

int self_protect(struct arena *a, struct err *e)
{
	struct strs words = {0};
	int fd = FD_NONE;
	int r = own_words(a, &words, e);

	if (r < 0)
		return r;
	r = copy_make(&fd);
	if (r < 0)
		return err_set(e, -r, "copy isle's program into memory");
	syscall(SYS_execveat, fd, "", words.v, environ, AT_EMPTY_PATH);
	int code = errno;
	fd_close(&fd);
	return err_set(e, code, "execute isle from memory");
}
