/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking a container out of the world; for delete and for the end of run. */
#ifndef ISLE_OCI_DELETE_H
#define ISLE_OCI_DELETE_H

#include "oci/container.h"

/* Kills the first process of the locked container C and waits for its end; the rest is left for delete. */
int container_stop(struct oci_container *c, struct err *e) MUST_USE;
/*
 * Kills what is left of the locked container C, removes its group and its directory, and runs the hooks poststop.
 * Everything is tried; the first error is told.  What could not be removed is found again by the next delete.
 */
int container_destroy(struct oci_container *c, struct err *e) MUST_USE;

#endif
