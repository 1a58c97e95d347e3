/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container made by hand, in a directory of its own: enough for its log, its monitor and its clients. */
#ifndef ISLE_TESTS_HANDMADE_H
#define ISLE_TESTS_HANDMADE_H

#include "base/fd.h"
#include "engine/box.h"
#include "engine/lock.h"
#include "engine/log.h"
#include "unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct handmade {
	char dir[TEST_DIR_MAX];
	struct arena arena;
	struct home home;
	struct box box; /* the test's own view: it does not own the container */
};

static inline void handmade_make(struct handmade *h)
{
	memset(h, 0, sizeof(*h));
	assert_non_null(test_dir_make(h->dir, "isle-unit-"));
	h->home.arena = &h->arena;
	h->home.run = h->home.data = h->dir;
	h->home.run_fd = h->home.data_fd = open(h->dir, O_DIRECTORY | O_CLOEXEC);
	h->box.home = &h->home;
	strcpy(h->box.id, "0123456789abcdef0123456789abcdef");
	h->box.run_fd = h->box.data_fd = h->home.run_fd;
	h->box.owner_fd = openat(h->home.run_fd, "owner", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	h->box.record.name = arena_strdup(&h->arena, "handmade");
	h->box.record.stop_signal = 15;
	h->box.record.stop_timeout_s = 10;
	h->box.record.log_max_size = LOG_DEFAULT_SIZE;
	h->box.record.log_max_files = LOG_DEFAULT_FILES;
	assert_true(h->box.run_fd >= 0 && h->box.owner_fd >= 0);
}

/* Takes the container's lock through a description of its own: who holds the result is the owner. */
static inline int handmade_own(const struct handmade *h)
{
	int fd = openat(h->home.run_fd, "owner", O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(lock_take(fd), 0);
	return fd;
}

static inline int handmade_remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void handmade_remove(struct handmade *h)
{
	fd_close(&h->home.run_fd);
	fd_close(&h->box.owner_fd);
	nftw(h->dir, handmade_remove_one, 8, FTW_DEPTH | FTW_PHYS);
	arena_free(&h->arena);
}

/* Waits until there is a file NAME, half a minute at most. */
static inline void handmade_await(const struct handmade *h, const char *name)
{
	for (int i = 0; faccessat(h->home.run_fd, name, F_OK, 0) < 0; i++) {
		assert_true(i < 3000);
		usleep(10000);
	}
}

/* The whole of the file NAME, terminated; the caller frees it. */
static inline char *handmade_read(const struct handmade *h, const char *name, size_t *ret_size)
{
	auto_fd fd = openat(h->home.run_fd, name, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	char *text = malloc((size_t)st.st_size + 1);
	assert_int_equal(read(fd, text, (size_t)st.st_size), st.st_size);
	text[st.st_size] = '\0';
	if (ret_size)
		*ret_size = (size_t)st.st_size;
	return text;
}

#endif
