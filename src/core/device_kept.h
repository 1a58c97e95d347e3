/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device programs that are kept in the kernel, for the next container with the same rules: to load one takes forty
 * times as long as to find it.  Each is a file in a bpf file system beside the seeds (seed.h), named by what it is made
 * of; they last as long as the seeds do.  Without that place every program is loaded.
 */
#ifndef ISLE_CORE_DEVICE_KEPT_H
#define ISLE_CORE_DEVICE_KEPT_H

#include <linux/bpf.h>
#include <stddef.h>

/* Makes the place in the directory of the seeds, which nobody but root can look into; a negative errno. */
int device_kept_make(void);
/* A descriptor of the kept program of these N instructions, for the caller to close; FD_NONE: there is none. */
int device_kept_find(const struct bpf_insn *v, size_t n);
/* Keeps the loaded program FD of these N instructions; where there are many, in place of all others. */
void device_kept_add(const struct bpf_insn *v, size_t n, int fd);

#endif
