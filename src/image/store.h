/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The roots that isle keeps: DATA/roots/NAME/{rootfs/, meta.json}.
 *
 * Who makes, replaces or removes NAME holds an flock(2) on the file .lock-NAME; it works in .tmp-NAME, which nobody
 * looks at, and one rename(2) makes it NAME or takes NAME away.  The kernel gives up the lock of a killed maker, so a
 * .tmp-NAME whose lock is free is rubbish, removed by the next call (store_sweep).  What has the name NAME is complete,
 * always.
 */
#ifndef ISLE_IMAGE_STORE_H
#define ISLE_IMAGE_STORE_H

#include "image/root.h"

struct store {
	const struct root_request *request;
	struct arena *arena;
	char *path; /* DATA/roots */
	int fd;
};

/* Opens the store, making it if it is not there. */
int store_open(struct store *s, const struct root_request *q, struct arena *a, struct err *e) MUST_USE;
void store_close(struct store *s);
/* Removes what killed makers left.  Never fails. */
void store_sweep(struct store *s);
/* Whether NAME is kept, complete. */
bool store_has(const struct store *s, const char *name);
/* The rootfs of NAME: an absolute path in the arena. */
char *store_rootfs(const struct store *s, const char *name);

/* The right to make or remove one name. */
struct store_claim {
	struct store *store;
	const char *name;
	char *tmp;    /* ".tmp-NAME" */
	char *rootfs; /* absolute path of .tmp-NAME/rootfs, to be filled */
	int lock_fd;
};

/* Waits until nobody else has the claim; with WAIT false, -EAGAIN instead. */
int store_claim(struct store *s, const char *name, bool wait, struct store_claim *c, struct err *e) MUST_USE;
/* Makes an empty .tmp-NAME/rootfs. */
int store_begin(struct store_claim *c, struct err *e) MUST_USE;
/* All is on disk and has its name; what had the name before is gone.  SOURCE is what the user asked for. */
int store_publish(struct store_claim *c, const char *source, struct err *e) MUST_USE;
/* Removes what store_begin made, if it was not published, and lets go of the claim. */
void store_release(struct store_claim *c);

#endif
