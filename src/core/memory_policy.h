/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From which nodes of the machine a process gets its memory (set_mempolicy(2); config-linux.md, "Memory policy"). */
#ifndef ISLE_CORE_MEMORY_POLICY_H
#define ISLE_CORE_MEMORY_POLICY_H

#include "core/spec.h"

/* Sets the policy of the calling thread, which exec and fork keep. */
int memory_policy_set(const struct spec_memory_policy *p, struct err *e) MUST_USE;

#endif
