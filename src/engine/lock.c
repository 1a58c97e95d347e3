/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owner locks: see lock.h. */
#include "engine/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* One fcntl about a lock of TYPE over the whole file; for F_OFD_GETLK the answer is left in *RET. */
static int lock_call(int fd, int cmd, short type, struct flock *ret)
{
	*ret = (struct flock){.l_type = type, .l_whence = SEEK_SET};
	return fcntl(fd, cmd, ret) < 0 ? -errno : 0;
}

/* Sleeps MS milliseconds, or less if a signal comes. */
static void sleep_ms(long ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

int lock_take(int fd)
{
	/* Who waits in lock_wait holds a shared lock for a moment when it awakes: that is no owner, so try again. */
	for (int tries = 0; tries < 200; tries++) {
		struct flock l;
		int r = lock_call(fd, F_OFD_SETLK, F_WRLCK, &l);

		if (r != -EAGAIN && r != -EACCES)
			return r;
		if (lock_held(fd))
			return -EBUSY;
		sleep_ms(1);
	}
	return -EBUSY;
}

bool lock_held(int fd)
{
	struct flock l;

	/* Asked for a shared lock: only an exclusive one is in its way. */
	return lock_call(fd, F_OFD_GETLK, F_RDLCK, &l) == 0 && l.l_type == F_WRLCK;
}

bool lock_in_place(int fd, int dirfd, const char *path)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && fstatat(dirfd, path, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

/* Blocks in the kernel until the exclusive lock is free. */
static int wait_for_ever(int fd)
{
	struct flock l;
	int r;

	do
		r = lock_call(fd, F_OFD_SETLKW, F_RDLCK, &l);
	while (r == -EINTR);
	if (r == 0)
		lock_call(fd, F_OFD_SETLK, F_UNLCK, &l);
	return r;
}

int lock_wait(int fd, int timeout_ms)
{
	if (timeout_ms < 0)
		return wait_for_ever(fd);
	/* The kernel has no lock with a deadline.  Steps of 1 ms at first, for most waits are short. */
	for (int waited = 0, step = 1; lock_held(fd); waited += step) {
		if (waited >= timeout_ms)
			return -ETIMEDOUT;
		step = waited < 50 ? 1 : 10;
		sleep_ms(step);
	}
	return 0;
}
