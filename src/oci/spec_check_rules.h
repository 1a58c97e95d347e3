/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files spec_check*.c share: demands on texts as a table, and the words for them. */
#ifndef ISLE_OCI_SPEC_CHECK_RULES_H
#define ISLE_OCI_SPEC_CHECK_RULES_H

#include "base/json_bind.h"
#include "oci/spec_check.h"

/* A demand on one text, or on each of a list.  An empty text that is not required counts as absent. */
struct text_rule {
	const char *path; /* below the object: "cpu.cpus" */
	size_t at;	  /* of a char *, or of a struct strs, in the object */
	bool (*holds)(const char *text);
	const char *says; /* "must be an absolute path" */
	bool list, required;
};

/* Fails at the first demand that OBJECT does not fulfil. */
int check_texts(const struct text_rule *rules, size_t n, const void *object, struct err *e) MUST_USE;

/* Demands, each with its words. */
bool text_any(const char *text);
bool text_absolute(const char *text);
bool text_ranges(const char *text);
bool text_one_line(const char *text);
/* A file name of its own, which leads nowhere else. */
bool text_file_name(const char *text);
/* A path without "..". */
bool text_stays(const char *text);
#define SAYS_ABSOLUTE "must be an absolute path"
#define SAYS_RANGES "must be a list of numbers such as 0-3,7"
#define SAYS_ONE_LINE "must not have a line break"
#define SAYS_FILE_NAME "must be a name without \"/\""
#define SAYS_STAYS "must not have \"..\" in it"

/* One part of the spec: its path, and what is demanded of it. */
struct part_rule {
	const char *path; /* "" where the check names the whole path itself */
	int (*check)(const struct spec *s, struct err *e);
};
/* Fails at the first part that is wrong, with its path in front. */
int check_parts(const struct part_rule *rules, size_t n, const struct spec *s, struct err *e) MUST_USE;

/* "linux", without its resources. */
int check_linux(const struct spec *s, struct err *e) MUST_USE;
/* A list of id mappings. */
int check_idmaps(const struct spec_idmaps *m, struct err *e) MUST_USE;

#endif
