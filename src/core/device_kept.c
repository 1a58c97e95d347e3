/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device programs that are kept in the kernel: see device_kept.h. */
#include "core/device_kept.h"

#include "base/fd.h"
#include "base/sha256.h"
#include "core/fast.h"
#include "core/seed.h"
#include "core/sys.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEPT_MAX = 64 };

static const char place[] = SEED_DIR "/devices";

int device_kept_make(void)
{
	if (mkdir(place, 0700) < 0 ||
	    mount("isle-devices", place, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") < 0)
		return -errno;
	return 0;
}

/* The file of the program: attackers may choose rules, so no two may have the same. */
static void path_of(const struct bpf_insn *v, size_t n, char ret[static sizeof(place) + SHA256_HEX_LEN + 1])
{
	char hex[SHA256_HEX_LEN + 1];
	struct sha256 s;

	sha256_init(&s);
	sha256_add(&s, v, n * sizeof(*v));
	sha256_hex(&s, hex);
	snprintf(ret, sizeof(place) + sizeof(hex), "%s/%s", place, hex);
}

int device_kept_find(const struct bpf_insn *v, size_t n)
{
	char path[sizeof(place) + SHA256_HEX_LEN + 1];
	union bpf_attr attr = {.pathname = (uintptr_t)path};

	if (!fast_way("kept-rules"))
		return FD_NONE;
	path_of(v, n, path);
	int fd = (int)sys_bpf(BPF_OBJ_GET, &attr);
	return fd < 0 ? FD_NONE : fd;
}

/*
 * Lets go of all if there are many: those that hang on a group stay there, and which of the others will be asked for
 * nobody knows.
 */
static void make_room(void)
{
	DIR *d = opendir(place);
	const struct dirent *entry;
	int n = 0;

	if (!d)
		return;
	while (readdir(d))
		n++;
	if (n >= KEPT_MAX) {
		rewinddir(d);
		while ((entry = readdir(d)))
			if (strlen(entry->d_name) == SHA256_HEX_LEN)
				unlinkat(dirfd(d), entry->d_name, 0);
	}
	closedir(d);
}

void device_kept_add(const struct bpf_insn *v, size_t n, int fd)
{
	char path[sizeof(place) + SHA256_HEX_LEN + 1];
	union bpf_attr attr = {.pathname = (uintptr_t)path, .bpf_fd = (__u32)fd};

	if (!fast_way("kept-rules"))
		return;
	make_room();
	path_of(v, n, path);
	(void)!sys_bpf(BPF_OBJ_PIN, &attr); /* another may have been faster, and there may be no such place */
}
