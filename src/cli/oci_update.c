/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle oci update': other limits for a container that lives, by options or by an object of the runtime spec. */
#include "base/parse.h"
#include "cli/oci.h"
#include "oci/spec_check.h"
#include "oci/spec_json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { TEXT_MAX = 4 << 20 };

struct update_args {
	char *file, *blkio_weight, *cpu_period, *cpu_quota, *cpu_burst, *cpu_share, *cpu_rt_period, *cpu_rt_runtime,
		*cpu_idle;
	char *cpus, *mems, *kernel, *kernel_tcp, *memory, *reservation, *swap, *pids, *l3_cache, *mem_bw;
};

static const struct opt update_opts[] = {
	OPT_STR('r', "resources", "FILE", struct update_args, file,
		"read \"linux.resources\" from FILE, or from standard input (-); other options don't count then"),
	OPT_HEADING("Memory"),
	OPT_STR('m', "memory", "BYTES", struct update_args, memory, "limit, as in 512m; -1: none"),
	OPT_STR(0, "memory-swap", "BYTES", struct update_args, swap, "limit of memory and swap together; -1: none"),
	OPT_STR(0, "memory-reservation", "BYTES", struct update_args, reservation, "what is left to it under pressure"),
	OPT_STR(0, "kernel-memory", "BYTES", struct update_args, kernel, "as older engines give it", .hidden = true),
	OPT_STR(0, "kernel-memory-tcp", "BYTES", struct update_args, kernel_tcp, "as older engines give it",
		.hidden = true),
	OPT_HEADING("Processors"),
	OPT_STR(0, "cpu-share", "N", struct update_args, cpu_share, "weight against others, 2 to 262144"),
	OPT_STR(0, "cpu-quota", "US", struct update_args, cpu_quota, "microseconds in each period; -1: no limit"),
	OPT_STR(0, "cpu-period", "US", struct update_args, cpu_period, "length of a period"),
	OPT_STR(0, "cpu-burst", "US", struct update_args, cpu_burst, "what may be saved up for later periods"),
	OPT_STR(0, "cpu-rt-runtime", "US", struct update_args, cpu_rt_runtime, "the same of real-time tasks"),
	OPT_STR(0, "cpu-rt-period", "US", struct update_args, cpu_rt_period, "length of their period"),
	OPT_STR(0, "cpu-idle", "0|1", struct update_args, cpu_idle, "1: run only when nothing else does"),
	OPT_STR(0, "cpuset-cpus", "LIST", struct update_args, cpus, "which processors, as in 0-3,7"),
	OPT_STR(0, "cpuset-mems", "LIST", struct update_args, mems, "which memory nodes"),
	OPT_HEADING("And"),
	OPT_STR(0, "pids-limit", "N", struct update_args, pids, "most processes; -1: no limit"),
	OPT_STR(0, "blkio-weight", "N", struct update_args, blkio_weight, "weight of its block IO, 10 to 1000"),
	OPT_STR(0, "l3-cache-schema", "TEXT", struct update_args, l3_cache, "share of the L3 cache (resctrl)"),
	OPT_STR(0, "mem-bw-schema", "TEXT", struct update_args, mem_bw, "share of the memory bandwidth (resctrl)"),
	OPT_END,
};

/* How the text of an option becomes a field of the resources. */
enum field_kind { FIELD_U64, FIELD_I64, FIELD_BYTES, FIELD_TEXT };

static const struct field {
	const char *option;
	enum field_kind kind;
	size_t from, to; /* offsets in struct update_args and struct spec_resources */
} fields[] = {
#define FIELD(option, kind, type, from, to)                                                                  \
	{                                                                                                    \
		option, kind, offsetof(struct update_args, from), OPT_FIELD(type, struct spec_resources, to) \
	}
	FIELD("--memory", FIELD_BYTES, struct opt_i64, memory, memory.limit),
	FIELD("--memory-swap", FIELD_BYTES, struct opt_i64, swap, memory.swap),
	FIELD("--memory-reservation", FIELD_BYTES, struct opt_i64, reservation, memory.reservation),
	FIELD("--kernel-memory", FIELD_BYTES, struct opt_i64, kernel, memory.kernel),
	FIELD("--kernel-memory-tcp", FIELD_BYTES, struct opt_i64, kernel_tcp, memory.kernel_tcp),
	FIELD("--cpu-share", FIELD_U64, struct opt_u64, cpu_share, cpu.shares),
	FIELD("--cpu-quota", FIELD_I64, struct opt_i64, cpu_quota, cpu.quota),
	FIELD("--cpu-period", FIELD_U64, struct opt_u64, cpu_period, cpu.period),
	FIELD("--cpu-burst", FIELD_U64, struct opt_u64, cpu_burst, cpu.burst),
	FIELD("--cpu-rt-runtime", FIELD_I64, struct opt_i64, cpu_rt_runtime, cpu.realtime_runtime),
	FIELD("--cpu-rt-period", FIELD_U64, struct opt_u64, cpu_rt_period, cpu.realtime_period),
	FIELD("--cpu-idle", FIELD_I64, struct opt_i64, cpu_idle, cpu.idle),
	FIELD("--cpuset-cpus", FIELD_TEXT, char *, cpus, cpu.cpus),
	FIELD("--cpuset-mems", FIELD_TEXT, char *, mems, cpu.mems),
	FIELD("--pids-limit", FIELD_I64, struct opt_i64, pids, pids_limit),
	FIELD("--blkio-weight", FIELD_U64, struct opt_u64, blkio_weight, block_io.weight),
#undef FIELD
};

/* Writes TEXT into the field; false if it is no such thing. */
static bool field_set(const struct field *f, char *text, struct spec_resources *res)
{
	void *to = (char *)res + f->to;
	struct opt_i64 *number = to;
	struct opt_u64 *natural = to;

	switch (f->kind) {
	case FIELD_U64:
		natural->has = true;
		return parse_u64(text, UINT64_MAX, &natural->v);
	case FIELD_I64:
		number->has = true;
		return parse_i64(text, INT64_MIN, INT64_MAX, &number->v);
	case FIELD_BYTES:
		*number = (struct opt_i64){.has = true, .v = -1};
		return strcmp(text, "-1") == 0 || parse_size(text, &number->v);
	case FIELD_TEXT:
		*(char **)to = text;
		return true;
	}
	return false;
}

/* The resources from the options that were given. */
static int from_options(const struct update_args *o, struct spec_resources *res, struct err *e)
{
	static const char *const wanted[] = {
		[FIELD_U64] = "a number that is not negative",
		[FIELD_I64] = "a number",
		[FIELD_BYTES] = "a number of bytes such as 512m, or -1",
		[FIELD_TEXT] = "a text",
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		char *text = *(char *const *)((const char *)o + fields[i].from);

		/* An empty text is no value, as runc has it. */
		if (text && *text && !field_set(&fields[i], text, res))
			return err_set(e, 0, "%s must be %s, not \"%s\"", fields[i].option, wanted[fields[i].kind],
				       text);
	}
	return 0;
}

/* The resources from a file, "-" being standard input. */
static int from_file(struct cli *c, const char *path, struct spec_resources *res, struct err *e)
{
	const bool input = strcmp(path, "-") == 0;
	auto_fd fd = input ? FD_NONE : open(path, O_RDONLY | O_CLOEXEC);
	size_t size;
	char *text;

	if (!input && fd < 0)
		return err_set(e, errno, "open %s", path);
	int r = fd_read_all(input ? 0 : fd, &c->arena, TEXT_MAX, &text, &size, e);
	r = r < 0 ? r : spec_resources_parse(text, size, &c->arena, res, e);
	return r < 0 ? err_context(e, "read resources from %s", input ? "standard input" : path) : 0;
}

/* Does 'isle oci update'. */
static int update_run(struct cli *c, void *args, struct err *e)
{
	const struct update_args *o = args;
	struct oci_update_options x = {.l3_cache_schema = o->l3_cache, .mem_bw_schema = o->mem_bw};
	struct oci_runtime *rt;
	int r = o->file && *o->file ? from_file(c, o->file, &x.resources, e) : from_options(o, &x.resources, e);

	r = r < 0 ? r : spec_check_resources(&x.resources, e);
	r = r < 0 ? r : oci_begin(c, false, &rt, e);
	return r < 0 ? r : oci_update(rt, oci_id(c), &x, e);
}

const struct verb oci_verb_update = {
	.name = "update",
	.heading = HEADING_OCI_STEER,
	.summary = "change the limits of a container",
	.operands = "CONTAINER",
	.description = "What is given changes, the rest stays.",
	.examples =
		(const struct verb_example[]){
			{"isle oci update --memory 512m --pids-limit 100 web", "two limits at once"},
			{0},
		},
	.opts = update_opts,
	.args_size = sizeof(struct update_args),
	.operands_min = 1,
	.operands_max = 1,
	.failure = OCI_FAILURE,
	.run = update_run,
};
