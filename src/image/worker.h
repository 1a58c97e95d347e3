/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Long work in a child process, whose lines of output become progress, and whose last lines say why it failed.
 *
 * The child dies with us, by whatever we die.  For a plain user it is root of a user namespace with the maps of the
 * request, so that it can make files of all the ids that the container will have.
 */
#ifndef ISLE_IMAGE_WORKER_H
#define ISLE_IMAGE_WORKER_H

#include "image/root.h"

struct worker {
	const struct root_request *request; /* its maps, and where progress goes */
	const char *what;		    /* the attempt, for the error: "unpack base.tar.gz" */
	int stdin_fd;			    /* FD_NONE: nothing to read */
	unsigned long namespaces;	    /* CLONE_NEW…, besides the user namespace of a plain user */
	const char *note_mark;		    /* lines that begin with it are news for the user, without it */
	int (*main)(void *arg);		    /* runs in the child, executes a program or returns the exit status */
	void *arg;
};

/* Runs W and waits for it; anything but exit status 0 is an error with the last lines of output as its cause. */
int worker_run(const struct worker *w, struct arena *a, struct err *e) MUST_USE;

#endif
