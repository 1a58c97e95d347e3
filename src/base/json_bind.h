/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binding tables: one row per member of a JSON object says where it lives in a struct; reading and writing follow.
 *
 *     static const struct bind_row user_rows[] = {
 *             BIND_U32("uid", struct user, uid, BIND_ALWAYS),
 *             BIND_STRING("name", struct user, name, 0),
 *     };
 *     static const struct bind_table user_table = BIND_TABLE(user_rows, struct user);
 *
 * A row does not compile when the field has another type than its kind wants.
 *
 * Reading: a member that is absent or null leaves its field as it is, so defaults are set before.  A bad value is an
 * error whose sentence begins with the path: "linux.resources.pids.limit: must be an integer".  Strings are not
 * copied: they live in the arena of the tree.  A key without a row is ignored, unless the table says otherwise.
 * Writing: in the order of the rows; what is 0, false, NULL or empty is left out, unless the row says BIND_ALWAYS.
 */
#ifndef ISLE_BASE_JSON_BIND_H
#define ISLE_BASE_JSON_BIND_H

#include "base/json.h"
#include "base/json_out.h"
#include "base/opt_value.h"

enum bind_kind {
	BIND_KIND_STRING,   /* char * */
	BIND_KIND_BOOL,	    /* bool */
	BIND_KIND_OPT_BOOL, /* struct opt_bool */
	BIND_KIND_INT,	    /* int, and pid_t */
	BIND_KIND_I64,	    /* int64_t */
	BIND_KIND_OPT_I64,  /* struct opt_i64 */
	BIND_KIND_U16,	    /* uint16_t */
	BIND_KIND_U32,	    /* uint32_t */
	BIND_KIND_U64,	    /* uint64_t */
	BIND_KIND_OPT_U64,  /* struct opt_u64 */
	BIND_KIND_ENUM,	    /* an enum, written as one of 'names' */
	BIND_KIND_STRINGS,  /* struct strs; a list of strings */
	BIND_KIND_U32S,	    /* struct {uint32_t *v; size_t n, room;}; a list of numbers */
	BIND_KIND_PAIRS,    /* struct {struct {char *key, *value;} *v; size_t n, room;}; an object of strings */
	BIND_KIND_OBJECT,   /* a struct with a table of its own */
	BIND_KIND_LIST,	    /* struct {T *v; size_t n, room;}; a list of objects, each bound by the table of T */
	BIND_KIND_MAP,	    /* the same as an object of objects; the first field of T is a char *, the member's key */
	BIND_KIND_FLAGS,    /* unsigned int; a list of 'names', bit N for the name with index N */
	BIND_KIND_OPTIONAL, /* a struct with a table of its own, whose first field is a bool: whether it is there */
	BIND_KIND_CUSTOM,   /* a pair of functions */
	BIND_KIND_REFUSED,  /* a member that is known and can't be honoured: an error, never ignored */
	BIND_KIND_COUNT
};

enum {
	BIND_ALWAYS = 1 << 0,	/* write it also when it is 0, false or empty (a NULL string is never written) */
	BIND_REQUIRED = 1 << 1, /* reading fails where it is absent */
	BIND_ID = 1 << 2,	/* BIND_U32, BIND_U32S: a user or group id, which 4294967295 is not */
	BIND_NO_EMPTY = 1 << 3, /* BIND_STRING: "" is read as if it were absent */
};

struct bind_names {
	const char *const *v; /* NULL: no word stands for this number */
	size_t n;
};

struct bind_range { /* of any kind of number; min counts for signed ones only */
	int64_t min;
	uint64_t max;
};

struct bind_custom {
	/* Reads VALUE (never null) into FIELD; fails with bind_fail() or what bind_read() returned. */
	int (*read)(const struct json *value, void *field, struct arena *a, struct err *e);
	/* Writes FIELD as member KEY, or nothing. */
	void (*write)(struct json_out *out, const char *key, const void *field);
};

struct bind_row {
	const char *key;
	enum bind_kind kind;
	unsigned int flags;
	size_t offset; /* of the field in the struct */
	union {
		const struct bind_table *table;	  /* OBJECT, OPTIONAL, LIST, MAP */
		const struct bind_names *names;	  /* ENUM, FLAGS */
		const struct bind_range *range;	  /* numbers; NULL: what the type can hold */
		const struct bind_custom *custom; /* CUSTOM */
		const char *reason;		  /* REFUSED */
	};
};

struct bind_table {
	const struct bind_row *rows;
	size_t n;	      /* at most 64 */
	size_t size;	      /* of the struct */
	bool strict;	      /* a key without a row is an error */
	void (*init)(void *); /* sets the defaults of a new element of a list; NULL: all zero is right */
};

#define BIND_TABLE(rows_, struct_, ...)                                                      \
	{                                                                                    \
		.rows = (rows_), .n = ARRAY_LEN(rows_), .size = sizeof(struct_), __VA_ARGS__ \
	}

/* The offset of field M of S, which must have type T. */
#define BIND_AT(T, S, M) \
	(offsetof(S, M) + 0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((S *)NULL)->M), T) ? 1 : -1]))
/* The offset of list M of S, whose elements have the size of type T. */
#define BIND_AT_LIST(T, S, M) (offsetof(S, M) + 0 * sizeof(char[sizeof(*((S *)NULL)->M.v) == sizeof(T) ? 1 : -1]))
#define BIND_ROW(key_, kind_, at_, flags_, ...)                                                           \
	{                                                                                                 \
		.key = (key_), .kind = BIND_KIND_##kind_, .offset = (at_), .flags = (flags_), __VA_ARGS__ \
	}

#define BIND_STRING(key_, S, M, flags_) BIND_ROW(key_, STRING, BIND_AT(char *, S, M), flags_)
#define BIND_BOOL(key_, S, M, flags_) BIND_ROW(key_, BOOL, BIND_AT(bool, S, M), flags_)
#define BIND_OPT_BOOL(key_, S, M, flags_) BIND_ROW(key_, OPT_BOOL, BIND_AT(struct opt_bool, S, M), flags_)
#define BIND_INT(key_, S, M, flags_) BIND_ROW(key_, INT, BIND_AT(int, S, M), flags_)
#define BIND_I64(key_, S, M, flags_) BIND_ROW(key_, I64, BIND_AT(int64_t, S, M), flags_)
#define BIND_OPT_I64(key_, S, M, flags_) BIND_ROW(key_, OPT_I64, BIND_AT(struct opt_i64, S, M), flags_)
#define BIND_U16(key_, S, M, flags_) BIND_ROW(key_, U16, BIND_AT(uint16_t, S, M), flags_)
#define BIND_U32(key_, S, M, flags_) BIND_ROW(key_, U32, BIND_AT(uint32_t, S, M), flags_)
#define BIND_U64(key_, S, M, flags_) BIND_ROW(key_, U64, BIND_AT(uint64_t, S, M), flags_)
#define BIND_OPT_U64(key_, S, M, flags_) BIND_ROW(key_, OPT_U64, BIND_AT(struct opt_u64, S, M), flags_)
#define BIND_RANGE(min_, max_) (&(const struct bind_range){(min_), (max_)})
/* A number of KIND (I64, OPT_U64…), of type T, from MIN to MAX. */
#define BIND_BETWEEN(key_, kind_, T, S, M, flags_, min_, max_) \
	BIND_ROW(key_, kind_, BIND_AT(T, S, M), flags_, .range = BIND_RANGE(min_, max_))
#define BIND_STRINGS(key_, S, M, flags_) BIND_ROW(key_, STRINGS, BIND_AT(struct strs, S, M), flags_)
#define BIND_U32S(key_, S, M, flags_) BIND_ROW(key_, U32S, BIND_AT_LIST(uint32_t, S, M), flags_)
#define BIND_PAIRS(key_, S, M, flags_) BIND_ROW(key_, PAIRS, BIND_AT_LIST(struct bind_pair, S, M), flags_)
#define BIND_ENUM(key_, S, M, flags_, names_) BIND_ROW(key_, ENUM, offsetof(S, M), flags_, .names = (names_))
#define BIND_OBJECT(key_, S, M, flags_, table_) BIND_ROW(key_, OBJECT, offsetof(S, M), flags_, .table = (table_))
#define BIND_LIST(key_, S, M, flags_, table_) BIND_ROW(key_, LIST, offsetof(S, M), flags_, .table = (table_))
#define BIND_MAP(key_, S, M, flags_, table_) BIND_ROW(key_, MAP, offsetof(S, M), flags_, .table = (table_))
#define BIND_FLAGS(key_, S, M, flags_, names_) \
	BIND_ROW(key_, FLAGS, BIND_AT(unsigned int, S, M), flags_, .names = (names_))
/* A struct M whose first field is 'bool has'. */
#define BIND_OPTIONAL(key_, S, M, table_)                                                                      \
	BIND_ROW(key_, OPTIONAL,                                                                               \
		 BIND_AT(bool, S, M.has) + 0 * sizeof(char[offsetof(S, M.has) == offsetof(S, M) ? 1 : -1]), 0, \
		 .table = (table_))
/* An object whose members live in the same struct as the row's own: the rows of its table count from there. */
#define BIND_GROUP(key_, flags_, table_) BIND_ROW(key_, OBJECT, 0, flags_, .table = (table_))
#define BIND_CUSTOM(key_, S, M, flags_, custom_) BIND_ROW(key_, CUSTOM, offsetof(S, M), flags_, .custom = (custom_))
#define BIND_REFUSED(key_, reason_) BIND_ROW(key_, REFUSED, 0, 0, .reason = (reason_))

/* The layout of one element behind BIND_PAIRS. */
struct bind_pair {
	char *key, *value;
};

/* Reads VALUE into OBJECT.  After an error OBJECT is partly filled. */
int bind_read(const struct bind_table *t, const struct json *value, void *object, struct arena *a, struct err *e)
	MUST_USE;
/* Parses TEXT and reads it. */
int bind_parse(const struct bind_table *t, const char *text, size_t size, void *object, struct arena *a, struct err *e)
	MUST_USE;
/* Writes OBJECT as an object, also when it has no member. */
void bind_write(const struct bind_table *t, struct json_out *out, const char *key, const void *object);
/* OBJECT as a text of its own, terminated. */
char *bind_print(const struct bind_table *t, const void *object, enum json_style style, struct arena *a);

/* The index of the word VALUE among NAMES; the error lists them. */
int bind_name(const struct json *value, const struct bind_names *names, int *ret, struct err *e) MUST_USE;

/* For custom readers: fails with what is wrong about the value ("must be a string"); callers put the path in front. */
int bind_fail(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Says that the failure just reported is about member KEY, or (KEY is NULL) element INDEX; gives FAILED back. */
int bind_fail_at(struct err *e, const char *key, size_t index, int failed);
/* The text of VALUE, or an error. */
int bind_text(const struct json *value, char **ret, struct err *e) MUST_USE;
/* The integer VALUE if it is between MIN and MAX, or an error. */
int bind_i64(const struct json *value, int64_t min, int64_t max, int64_t *ret, struct err *e) MUST_USE;
int bind_u64(const struct json *value, uint64_t max, uint64_t *ret, struct err *e) MUST_USE;

#endif
