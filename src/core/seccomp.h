/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System call filters: the default profile, profiles of the runtime spec, and loading.
 *
 * A filter is a classic BPF program (seccomp(2)).  isle writes it itself: for each architecture a balanced tree over
 * ranges of system call numbers, so that the kernel needs few instructions to decide (and to fill its cache at load).
 */
#ifndef ISLE_CORE_SECCOMP_H
#define ISLE_CORE_SECCOMP_H

#include "base/json.h"

#include <linux/filter.h>

struct seccomp_filter {
	struct sock_filter *v;
	size_t n;
	unsigned int flags; /* SECCOMP_FILTER_FLAG_…; NEW_LISTENER where a call is somebody else's to answer */
	bool listens;	    /* that is so, or the profile names a listener at least */
};

/* The default profile for a process whose bounding set is CAPS (bits 1 << CAP_…). */
int seccomp_default(uint64_t caps, struct arena *a, struct seccomp_filter *ret, struct err *e) MUST_USE;
/*
 * Compiles PROFILE: the runtime spec's linux.seccomp, or docker's form of it (archMap, and 'includes' and 'excludes'
 * with caps, arches, minKernel).  Errors name the path of the field.
 */
int seccomp_compile(const struct json *profile, uint64_t caps, struct arena *a, struct seccomp_filter *ret,
		    struct err *e) MUST_USE;
/* True if F allows the call NAME of this machine's own ABI, whatever the arguments, or there is no such call. */
bool seccomp_allows(const struct seccomp_filter *f, const char *name);
enum seccomp_word_kind {
	SECCOMP_WORD_ACTION,
	SECCOMP_WORD_OPERATOR,
	SECCOMP_WORD_FLAG,
	SECCOMP_WORD_FLAG_HEEDED, /* those of the flags that are not only known */
};
/* The words of profiles, for listing them: word I of KIND, or NULL behind the last. */
const char *seccomp_word(enum seccomp_word_kind kind, size_t i);
/* Says why the kernel would not load F, as far as its answer CODE tells. */
int seccomp_refused(const struct seccomp_filter *f, int code, struct err *e);
/*
 * Loads F for the calling thread.  Needs no_new_privs or CAP_SYS_ADMIN.  Its listener, if it has one, is *RET_LISTENER;
 * FD_NONE otherwise.
 */
int seccomp_load(const struct seccomp_filter *f, int *ret_listener, struct err *e) MUST_USE;

#endif
