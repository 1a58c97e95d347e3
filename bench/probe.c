/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the bench puts into each container: tells when it was reached, in nanoseconds of CLOCK_MONOTONIC; "probe hold" stays. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec now;
	char text[32];

	clock_gettime(CLOCK_MONOTONIC, &now);
	int n = snprintf(text, sizeof(text), "%lld%09ld\n", (long long)now.tv_sec, now.tv_nsec);
	if (write(STDOUT_FILENO, text, (size_t)n) != n)
		return 1;
	while (argc > 1 && strcmp(argv[1], "hold") == 0)
		pause();
	return 0;
}
