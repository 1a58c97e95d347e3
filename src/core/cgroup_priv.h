/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the cgroup files share among themselves; nobody else includes it. */
#ifndef ISLE_CORE_CGROUP_PRIV_H
#define ISLE_CORE_CGROUP_PRIV_H

#include "core/cgroup.h"

#include <dirent.h>
#include <limits.h>

/* ---- facts ---- */
struct cgroup_fact {
	const char *name;     /* the controller on v1, and its directory below /sys/fs/cgroup */
	const char *together; /* that directory's other name, where two controllers share a hierarchy; or NULL */
	const char *v2;	      /* its name on v2; NULL: v2 has none */
};
extern const struct cgroup_fact cgroup_facts[CGC_COUNT];

/* In which tree a controller can be used on this machine. */
enum cgroup_place { PLACE_NONE, PLACE_V2, PLACE_V1 };
enum cgroup_place cgroup_place(const struct cgroup_host *h, enum cgroup_controller c);

/* The caller's own group in the hierarchy of C, or below zero in the v2 tree: "" for the top; NULL: none to be seen. */
char *cgroup_own_group(const struct cgroup_host *h, int c, struct arena *a);
/* What the machine looks like where groups are made below GROUP, which somebody else has delegated. */
void cgroup_host_below(const struct cgroup_host *from, const char *group, struct arena *a, struct cgroup_host *ret);

/* The group in which the program that runs isle is put when its own group has to give controllers to groups below. */
#define CGROUP_CALLER "isle-caller"

/* What to do where isle may not make groups, or has no controller to give them. */
#define CGROUP_DELEGATE "start it in a group of its own: systemd-run --user --scope -p Delegate=yes isle …"

/* ---- small files ---- */
/* Reads a small file of a group into BUF, terminated; its length, or a negative errno (-EFBIG: it does not fit). */
int cgroup_text(int dir, const char *file, char *buf, size_t size);
/* TEXT is one decimal number, or "max" (UINT64_MAX), and nothing else but one newline at the end; else -EINVAL. */
int cgroup_number_parse(const char *text, uint64_t *ret);
/* The number that FILE holds. */
int cgroup_number(int dir, const char *file, uint64_t *ret);
/* The number in the line "KEY number" of TEXT, which is cut up; -ENODATA if there is no such line. */
int cgroup_key_parse(char *text, const char *key, uint64_t *ret);
/* The number in the line "KEY number" of FILE; -ENODATA if there is no such line. */
int cgroup_key(int dir, const char *file, const char *key, uint64_t *ret);
/* Whether LIST, words between blanks, has the LEN bytes at WORD as one of its words. */
bool cgroup_word_in(const char *list, const char *word, size_t len);

/* ---- directories ---- */
/* "MOUNT/PATH" in a buffer of PATH_MAX bytes; -ENAMETOOLONG. */
int cgroup_full_path(char *buf, const char *mount, const char *path);
/* An O_PATH descriptor of the group at PATH below MOUNT; a negative errno. */
int cgroup_dir(const char *mount, const char *path);
/* Cleans PATH: one '/' between names, none at the end; a relative path is below the base.  Refuses ".." and "/". */
int cgroup_path_clean(const struct cgroup_host *h, const char *path, struct arena *a, char **ret, struct err *e);
/* The hierarchy by which the processes of the group are found: its mount point, or NULL if the group is nowhere. */
const char *cgroup_tracker(const struct cgroup *cg);

/* The groups below DIR, one after the other; NAME has room for NAME_MAX + 1 bytes.  NULL and errno; 0 at the end. */
DIR *cgroup_list(int dir);
int cgroup_child_next(DIR *d, char *name);
void cgroup_list_close(DIR **d);
/* Calls VISIT for DIR and every group below it, at most DEPTH levels down (-ELOOP); what vanishes is left out. */
int cgroup_walk(int dir, int depth, int (*visit)(int dir, void *ctx), void *ctx);

/* ---- making (cgroup_tree.c) ---- */
/* Makes PATH in the v2 tree and enables CONTROLLERS ("memory pids") on the way down; *RET_MADE: it was not there. */
int cgroup_v2_make(const struct cgroup_host *h, const char *path, const char *controllers, int *ret_fd, bool *ret_made,
		   struct err *e) MUST_USE;
/* Makes PATH in the v1 hierarchy of C; a cpuset gets its parent's processors and memory nodes, to be joined at all. */
int cgroup_v1_make(const struct cgroup_host *h, enum cgroup_controller c, const char *path, bool *ret_made,
		   struct err *e) MUST_USE;

/* ---- limits (cgroup_limits.c) ---- */
/* What the spec says about one limit: nothing, "no limit", or a limit. */
enum cgroup_wish { CGROUP_WISH_NONE, CGROUP_WISH_LIFT, CGROUP_WISH_SET };

/* A row of the tables of limits. */
struct cgroup_limit {
	const char *name;  /* as it stands in messages */
	const char *field; /* its place in the runtime spec, below linux.resources */
	const char *takes; /* what the kernel accepts; said when it refuses */
	enum cgroup_controller controller;
	enum cgroup_wish (*wish)(const struct spec_resources *res);
	int (*write)(int dir, bool v2, const struct spec_resources *res, struct err *e);
	bool v1_only; /* v2 has nothing like it */
};
/* The rows of all tables, one after the other; NULL behind the last. */
const struct cgroup_limit *cgroup_limit_at(size_t i);

struct cgroup_limit_table {
	const struct cgroup_limit *v;
	size_t n;
};
extern const struct cgroup_limit_table cgroup_memory_limits, cgroup_cpu_limits, cgroup_io_limits, cgroup_other_limits;

/* Writes a formatted value into FILE of the open group DIR. */
int cgroup_put(int dir, const char *file, struct err *e, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Writes a number into FILE; one below zero means no limit, which LIFTED says in the file's own word. */
int cgroup_put_number(int dir, const char *file, int64_t v, const char *lifted, struct err *e);
/* A number's wish, where zero means the default and less than zero no limit. */
enum cgroup_wish cgroup_wish_of(struct opt_i64 n);
/* The same for a number that has no "no limit". */
enum cgroup_wish cgroup_wish_above_zero(struct opt_u64 n);
/* Whether FILE is there. */
bool cgroup_has_file(int dir, const char *file);

/* The controllers that a set of limits takes (cgroup_check.c). */
struct cgroup_needs {
	uint32_t v2, v1;    /* 1 << CGC_…: where the limits asked for have their controllers */
	char v2_words[256]; /* v2's controllers by name, between blanks, those known only from 'unified' too */
};
void cgroup_needs_find(const struct cgroup_host *h, const struct spec_resources *res, struct cgroup_needs *ret);
/* Writes the limits; FRESH: the group is new, so what lifts a limit needs no writing. */
int cgroup_limits_write(const struct cgroup *cg, const struct spec_resources *res, bool fresh, struct err *e) MUST_USE;
/* Refuses a limit below what the container uses now, where checkBeforeUpdate asks for it. */
int cgroup_check_usage(const struct cgroup *cg, const struct spec_resources *res, struct err *e) MUST_USE;
/* cpu.shares (2 to 262144) as a cpu.weight (1 to 10000). */
uint64_t cgroup_weight_of_shares(uint64_t shares);

/* ---- killing (cgroup_kill.c) ---- */
/* Kills one by one, where there is no cgroup.kill; otherwise as cgroup_kill. */
int cgroup_kill_each(const struct cgroup *cg, int timeout_ms, struct err *e) MUST_USE;

/* ---- devices (cgroup_devices.c) ---- */
/* Whether the rules are enforced by the v1 hierarchy: only where there is no v2 tree to hang a program on. */
bool cgroup_devices_on_v1(const struct cgroup_host *h);
int cgroup_devices_check(const struct cgroup_host *h, const struct spec_device_rules *rules, struct err *e) MUST_USE;

/* Whether the caller is root, and not only of a user namespace. */
bool cgroup_is_machine_root(void);

/* ---- time ---- */
/* Sleeps a little longer each time, 1 to 16 ms, but not past DEADLINE (time_monotonic_ms); false if that has come. */
bool cgroup_backoff(int *step_ms, int64_t deadline_ms);

#endif
