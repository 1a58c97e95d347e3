/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every part of the control group code needs: its small files, its paths, the groups below a group, and time. */
#include "base/parse_time.h"
#include "core/cgroup_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- small files ---- */

int cgroup_text(int dir, const char *file, char *buf, size_t size)
{
	auto_fd fd = openat(dir, file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	ssize_t n = fd_read_full(fd, buf, size);
	if (n < 0)
		return (int)n;
	if ((size_t)n == size)
		return -EFBIG;
	buf[n] = '\0';
	return (int)n;
}

int cgroup_number_parse(const char *text, uint64_t *ret)
{
	uint64_t v = 0;
	const char *p = text;

	if (strncmp(text, "max", 3) == 0) {
		v = UINT64_MAX;
		p += 3;
	} else {
		for (; *p >= '0' && *p <= '9'; p++)
			if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
				return -ERANGE;
	}
	if (p == text || (*p && strcmp(p, "\n") != 0))
		return -EINVAL;
	*ret = v;
	return 0;
}

int cgroup_number(int dir, const char *file, uint64_t *ret)
{
	char text[64];
	int r = cgroup_text(dir, file, text, sizeof(text));

	return r < 0 ? r : cgroup_number_parse(text, ret);
}

int cgroup_key_parse(char *text, const char *key, uint64_t *ret)
{
	size_t len = strlen(key);

	for (char *line; (line = strsep(&text, "\n"));)
		if (strncmp(line, key, len) == 0 && line[len] == ' ')
			return cgroup_number_parse(line + len + 1, ret);
	return -ENODATA;
}

int cgroup_key(int dir, const char *file, const char *key, uint64_t *ret)
{
	char text[4096];
	int r = cgroup_text(dir, file, text, sizeof(text));

	return r < 0 ? r : cgroup_key_parse(text, key, ret);
}

bool cgroup_word_in(const char *list, const char *word, size_t len)
{
	while (*list) {
		size_t n = strcspn(list, " \n");

		if (n == len && strncmp(list, word, len) == 0)
			return true;
		list += n + (list[n] != '\0');
	}
	return false;
}

/* ---- time ---- */

bool cgroup_backoff(int *step_ms, int64_t deadline_ms)
{
	int64_t left = deadline_ms - time_monotonic_ms();

	if (left <= 0)
		return false;
	poll(NULL, 0, (int)MIN(left, (int64_t)*step_ms));
	*step_ms = MIN(*step_ms * 2, 16);
	return true;
}

/* ---- paths ---- */

int cgroup_full_path(char *buf, const char *mount, const char *path)
{
	int n = snprintf(buf, PATH_MAX, "%s%s", mount, path);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

int cgroup_dir(const char *mount, const char *path)
{
	char full[PATH_MAX];
	int r = cgroup_full_path(full, mount, path);

	if (r < 0)
		return r;
	int fd = open(full, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int cgroup_path_clean(const struct cgroup_host *h, const char *path, struct arena *a, char **ret, struct err *e)
{
	const char *from = *path == '/' || !h->base ? path : arena_printf(a, "%s/%s", h->base, path);
	char *clean = arena_new(a, char, strlen(from) + 2);
	size_t used = 0;

	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return err_set(e, 0, "the control group path has a control character in it");
	while (*from) {
		size_t len = strcspn(from, "/");

		if (len == 2 && strncmp(from, "..", 2) == 0)
			return err_set(e, 0, "the control group path \"%s\" has \"..\" in it", path);
		if (len > 0 && !(len == 1 && *from == '.')) {
			clean[used++] = '/';
			memcpy(clean + used, from, len);
			used += len;
		}
		from += len + (from[len] == '/');
	}
	if (used == 0 || strcmp(clean, h->base ? h->base : "") == 0)
		return err_set(e, 0, "the control group path \"%s\" names no group of its own", path);
	if (used > PATH_MAX / 2)
		return err_set(e, ENAMETOOLONG, "the control group path of %zu bytes", used);
	*ret = clean;
	return 0;
}

const char *cgroup_tracker(const struct cgroup *cg)
{
	if (cg->v2_fd >= 0)
		return cg->host->v2;
	if (cg->v1_used & 1u << CGC_FREEZER)
		return cg->host->v1[CGC_FREEZER];
	for (int c = 0; c < CGC_COUNT; c++)
		if (cg->v1_used & 1u << c)
			return cg->host->v1[c];
	return NULL;
}

/* ---- walking ---- */

int cgroup_child_next(DIR *d, char *name)
{
	struct dirent *entry;

	while ((entry = readdir(d))) {
		if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
		return 1;
	}
	return 0;
}

DIR *cgroup_list(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d)
		fd_close(&fd);
	return d;
}

void cgroup_list_close(DIR **d)
{
	if (*d)
		closedir(*d);
}

int cgroup_walk(int dir, int depth, int (*visit)(int dir, void *ctx), void *ctx)
{
	char name[NAME_MAX + 1];
	int r = visit(dir, ctx);
	DIR *d CLEANUP(cgroup_list_close) = cgroup_list(dir);

	if (r < 0 || !d)
		return r < 0 ? r : (errno == ENOENT ? 0 : -errno);
	while (r == 0 && cgroup_child_next(d, name)) {
		auto_fd child = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (child >= 0)
			r = depth > 0 ? cgroup_walk(child, depth - 1, visit, ctx) : -ELOOP;
	}
	return r;
}
