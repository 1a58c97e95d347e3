/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc tells of a process that a test has to wait for. */
#ifndef ISLE_TESTS_PROCESS_STATE_H
#define ISLE_TESTS_PROCESS_STATE_H

#include <stdio.h>
#include <sys/types.h>

/* The state of process PID as the letter that ps(1) shows: 'S' sleeps, 'Z' has ended; '?' of one that is not there. */
static inline char process_state(pid_t pid)
{
	char path[64], state = '?';

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "re");
	if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	if (f)
		fclose(f);
	return state;
}

#endif
