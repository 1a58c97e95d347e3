/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a change of ids takes along: see marks.h. */
#include "core/marks.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

void marks_note(struct marks *m)
{
	*m = (struct marks){.dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), .parent = getppid()};
	prctl(PR_GET_PDEATHSIG, &m->death_signal, 0, 0, 0);
}

void marks_restore(const struct marks *m)
{
	/* The kernel's own 2, "for root alone", can't be set; it is what there is then. */
	if (m->dumpable <= 1)
		prctl(PR_SET_DUMPABLE, m->dumpable, 0, 0, 0);
	if (m->death_signal == 0)
		return;
	prctl(PR_SET_PDEATHSIG, m->death_signal, 0, 0, 0);
	if (getppid() != m->parent)
		kill(getpid(), m->death_signal);
}
