/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a fuzz target once over each file in the directories given: the corpus as a test, without libFuzzer. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

/* Gives the content of NAME in the directory to the target, in memory of exactly its size. */
static int run_file(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	size_t size = (size_t)st.st_size;
	uint8_t *data = malloc(size ? size : 1);
	int bad = !data || read(fd, data, size) != st.st_size ? -1 : LLVMFuzzerTestOneInput(data, size);
	free(data);
	close(fd);
	return bad;
}

int main(int argc, char **argv)
{
	size_t ran = 0;

	for (int i = 1; i < argc; i++) {
		DIR *d = opendir(argv[i]);

		for (struct dirent *entry; d && (entry = readdir(d));) {
			if (entry->d_name[0] == '.')
				continue;
			if (run_file(dirfd(d), entry->d_name) < 0) {
				fprintf(stderr, "%s/%s: can't be run\n", argv[i], entry->d_name);
				return 1;
			}
			ran++;
		}
		if (d)
			closedir(d);
	}
	if (ran == 0)
		fprintf(stderr, "no file was run\n");
	return ran == 0;
}
