/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine's mirror: see mirror.h. */
#include "image/mirror.h"

#include "base/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

enum { SOURCES_MAX = 1 << 20 };

/* One source, whichever format it was in; each part is a list of words divided by blanks. */
struct source {
	char *types, *uris, *suites, *components;
	bool disabled;
};

/* What has been found so far. */
struct search {
	const char *suite;
	struct arena *arena;
	char *exact;  /* has the suite */
	char *debian; /* is some Debian mirror */
};

/* Whether the words of TEXT (may be NULL) have WORD among them. */
static bool has_word(const char *text, const char *word)
{
	const size_t len = strlen(word);

	while (text && *text) {
		text += strspn(text, " \t\r\n");
		size_t n = strcspn(text, " \t\r\n");
		if (n == len && memcmp(text, word, n) == 0)
			return true;
		text += n;
	}
	return false;
}

/* The first word of TEXT that begins with a scheme that debootstrap knows, without slashes at its end; or NULL. */
static char *first_uri(const char *text, struct arena *a)
{
	while (text && *text) {
		text += strspn(text, " \t\r\n");
		size_t n = strcspn(text, " \t\r\n");
		const char *uri = text;

		text += n;
		if (strncmp(uri, "http://", 7) != 0 && strncmp(uri, "https://", 8) != 0 &&
		    strncmp(uri, "file:///", 8) != 0)
			continue;
		while (n > 0 && uri[n - 1] == '/')
			n--;
		return arena_strndup(a, uri, n);
	}
	return NULL;
}

/* Takes the source into account if it is a distribution's own archive: its path ends with the distribution's name. */
static void source_consider(struct search *s, const struct source *src)
{
	char *uri = src->disabled ? NULL : first_uri(src->uris, s->arena);
	const char *last = uri ? strrchr(uri, '/') : NULL;

	if (!last || !has_word(src->types, "deb") || !has_word(src->components, "main"))
		return;
	const bool debian = strcmp(last, "/debian") == 0;
	if (!debian && strcmp(last, "/ubuntu") != 0)
		return;
	if (!s->exact && has_word(src->suites, s->suite))
		s->exact = uri;
	if (!s->debian && debian)
		s->debian = uri;
}

/* Cuts the first word off *TEXT. */
static char *take_word(char **text)
{
	char *word = *text + strspn(*text, " \t\r");
	size_t n = strcspn(word, " \t\r");

	*text = word + n;
	if (word[n]) {
		word[n] = '\0';
		(*text)++;
	}
	return word;
}

/* The classic format: "deb [options] uri suite component…", one a line. */
static void read_list(struct search *s, char *text)
{
	char *line, *save = NULL;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct source src = {0};

		line[strcspn(line, "#")] = '\0';
		src.types = take_word(&line);
		line += strspn(line, " \t");
		if (*line == '[') {
			char *end = strchr(line, ']');

			if (!end)
				continue;
			line = end + 1;
		}
		src.uris = take_word(&line);
		src.suites = take_word(&line);
		src.components = line;
		source_consider(s, &src);
	}
}

/* Where the value of FIELD belongs in SRC; NULL: nowhere. */
static char **field_place(struct source *src, const char *field, size_t len)
{
	const struct {
		const char *name;
		char **place;
	} fields[] = {
		{"Types", &src->types},
		{"URIs", &src->uris},
		{"Suites", &src->suites},
		{"Components", &src->components},
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (strlen(fields[i].name) == len && strncasecmp(fields[i].name, field, len) == 0)
			return fields[i].place;
	return NULL;
}

/* The deb822 format: stanzas of "Field: words", divided by empty lines; a line that begins with a blank goes on. */
static void read_deb822(struct search *s, char *text)
{
	struct source src = {0};
	char **place = NULL;

	while (text && *text) {
		char *line = strsep(&text, "\n");
		size_t len = strcspn(line, ":");

		if (line[strspn(line, " \t\r")] == '\0') {
			source_consider(s, &src);
			src = (struct source){0};
			place = NULL;
		} else if (*line == '#') {
			continue;
		} else if (*line == ' ' || *line == '\t') {
			if (place)
				*place = arena_printf(s->arena, "%s %s", *place, line);
		} else if (line[len] == ':') {
			place = field_place(&src, line, len);
			if (place)
				*place = line + len + 1;
			else if (len == 7 && strncasecmp(line, "Enabled", len) == 0)
				src.disabled = has_word(line + len + 1, "no");
		}
	}
	source_consider(s, &src);
}

/* Reads one file, by the format that its name tells; one that can't be read is left out. */
static void read_file(struct search *s, int dirfd, const char *name)
{
	const char *dot = strrchr(name, '.');
	char *text;

	if (!dot || file_read(dirfd, name, s->arena, SOURCES_MAX, &text, NULL, NULL) < 0)
		return;
	if (strcmp(dot, ".list") == 0)
		read_list(s, text);
	else if (strcmp(dot, ".sources") == 0)
		read_deb822(s, text);
}

char *mirror_of_machine(const char *apt_dir, const char *suite, struct arena *a)
{
	struct search s = {.suite = suite, .arena = a};
	auto_fd dir = open(apt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return NULL;
	read_file(&s, dir, "sources.list");
	auto_fd parts = openat(dir, "sources.list.d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = parts < 0 ? NULL : fdopendir(parts);
	if (d) {
		struct dirent *ent;

		while ((ent = readdir(d)))
			read_file(&s, parts, ent->d_name);
		fd_take(&parts);
		closedir(d);
	}
	return s.exact ? s.exact : s.debian;
}
