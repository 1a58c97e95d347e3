/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The default profile as rules; seccomp_default() (seccomp.h) takes a program made at build time where it can. */
#ifndef ISLE_CORE_SECCOMP_DEFAULT_H
#define ISLE_CORE_SECCOMP_DEFAULT_H

#include "core/seccomp_build.h"

/* Fills in P, the default profile on M for a process whose bounding set is CAPS (bits 1 << CAP_…). */
void seccomp_default_policy(const struct seccomp_machine *m, uint64_t caps, struct arena *a, struct seccomp_policy *p);
/* The capabilities that the default profile looks at: two sets that agree in these have the same program. */
uint64_t seccomp_default_caps_seen(void);

/* The program for a set that has, of those, CAP_SYS_CHROOT alone: written at build time (src/tools/gen_seccomp.c). */
extern const struct sock_filter seccomp_default_program[];
extern const size_t seccomp_default_program_n;

#endif
