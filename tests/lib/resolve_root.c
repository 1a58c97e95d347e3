/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image room alone, for tests/cli: resolves, lists and forgets roots without starting a container.
 *
 *     resolve-root [--rw] [--rebuild] [--mirror URL] [--one-id | --subids] DATA ROOT
 *     resolve-root [--one-id | --subids] --list DATA | --forget NAME DATA
 *
 * Prints the kind of root and its directory; progress as "progress: …" and errors on standard error, status 125.
 */
#include "core/idmap.h"
#include "image/root.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const kinds[] = {
	[ROOTFS_DIRECT] = "direct", [ROOTFS_LAYERED] = "layered", [ROOTFS_SKELETON] = "skeleton"};

static void progress(void *ctx, const char *line)
{
	(void)ctx;
	fprintf(stderr, "progress: %s\n", line);
}

/* The caller's own id, and behind it the subordinate ones. */
static int maps_fill(bool subids, struct arena *a, struct spec_idmaps *uids, struct spec_idmaps *gids, struct err *e)
{
	struct spec_idmaps *maps[] = {uids, gids};
	const uint32_t own[] = {getuid(), getgid()};

	for (int i = 0; i < 2; i++) {
		struct spec_idmaps ranges = {0};
		uint32_t next = 1;

		*list_add(maps[i], a) = (struct spec_idmap){0, own[i], 1};
		int r = subids ? subid_ranges(getuid(), i == 1, a, &ranges, e) : 0;
		if (r < 0)
			return r;
		for (size_t j = 0; j < ranges.n; j++) {
			*list_add(maps[i], a) = (struct spec_idmap){next, ranges.v[j].host_id, ranges.v[j].size};
			next += ranges.v[j].size;
		}
	}
	return 0;
}

/* Does what was asked for. */
static int act(const struct root_request *q, bool list, const char *forget, struct arena *a, struct err *e)
{
	struct roots_kept kept = {0};
	struct rootfs root;
	int r;

	if (forget)
		return root_forget(q, forget, e);
	if (list) {
		r = root_list(q->data, a, &kept, e);
		for (size_t i = 0; i < kept.n; i++)
			printf("%s %s\n", kept.v[i].name, kept.v[i].path);
		return r;
	}
	r = root_resolve(q, a, &root, e);
	if (r == 0)
		printf("%s%s%s %s\n", kinds[root.kind], root.guarded ? ",guarded" : "",
		       root.idmapped ? ",idmapped" : "", root.lower.v[0]);
	return r;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"rw", no_argument, NULL, 'w'},		  {"rebuild", no_argument, NULL, 'b'},
		{"mirror", required_argument, NULL, 'm'}, {"one-id", no_argument, NULL, '1'},
		{"subids", no_argument, NULL, 's'},	  {"list", no_argument, NULL, 'l'},
		{"forget", required_argument, NULL, 'f'}, {0},
	};
	struct arena a = {0};
	struct err e = {0};
	struct spec_idmaps uids = {0}, gids = {0};
	struct root_request q = {.uid_map = &uids, .gid_map = &gids, .progress = progress};
	const char *forget = NULL;
	bool list = false, subids = false;
	char text[2048];
	int c, r = 0;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		q.rw |= c == 'w';
		q.rebuild |= c == 'b';
		q.mirror = c == 'm' ? optarg : q.mirror;
		forget = c == 'f' ? optarg : forget;
		list |= c == 'l';
		subids |= c == 's';
		q.rootless |= c == 's' || c == '1';
	}
	if (optind >= argc)
		return EXIT_ISLE;
	q.data = argv[optind];
	q.text = argv[optind + 1];
	if (q.rootless)
		r = maps_fill(subids, &a, &uids, &gids, &e);
	if (r == 0)
		r = act(&q, list, forget, &a, &e);
	if (r < 0) {
		err_format(&e, text, sizeof(text));
		fprintf(stderr, "isle: %s\n", text);
	}
	arena_free(&a);
	return r < 0 ? EXIT_ISLE : 0;
}
