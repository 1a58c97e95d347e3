/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the values of a config.json make sense together: what the runtime spec demands beyond types and sizes, and
 * can be known without looking at the machine.
 *
 * Errors begin with the path: "linux.timeOffsets: needs a new time namespace".  What only the machine can tell (a
 * directory that does not exist, a controller that is not there) is said by the step that meets it.
 */
#ifndef ISLE_OCI_SPEC_CHECK_H
#define ISLE_OCI_SPEC_CHECK_H

#include "core/spec.h"

/* The whole, for create.  A spec without process is good: start needs one, and asks spec_has_process(). */
int spec_check(const struct spec *s, struct err *e) MUST_USE;
/*
 * Whether what belongs to a joined namespace would change this process' own: then its parameters and names are the
 * machine's.  Looks at the machine.
 */
int spec_check_joined(const struct spec *s, struct err *e) MUST_USE;
/* Whether S joins the namespace KIND that this process is in. */
bool spec_joins_own(const struct spec *s, enum ns_kind kind);
/* process alone, for exec --process; here it must be there. */
int spec_check_process(const struct spec_process *p, struct err *e) MUST_USE;
/* linux.resources alone, for update --resources. */
int spec_check_resources(const struct spec_resources *r, struct err *e) MUST_USE;
/* Whether S says what to run. */
bool spec_has_process(const struct spec *s);
/* The kind of namespace that the kernel parameter KEY belongs to, an enum ns_kind; -1: none. */
int spec_sysctl_kind(const char *key);

#endif
