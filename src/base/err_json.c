/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors as JSON: see err_json.h. */
#include "base/err_json.h"

#include "base/json_out.h"

#include <string.h>

/* An empty part of an error is null in JSON. */
static void put_part(struct json_out *o, const char *key, const char *part)
{
	json_string(o, key, *part ? part : NULL);
}

char *err_json(const struct err *e, const char *verb, int status, struct arena *a)
{
	struct json_out o;

	json_out_init(&o, a, JSON_COMPACT);
	json_open_object(&o, NULL);
	json_string(&o, "verb", verb);
	put_part(&o, "step", e->step);
	json_string(&o, "what", e->what);
	json_i64(&o, "code", e->code);
	json_string(&o, "reason", e->code ? strerror(e->code) : NULL);
	put_part(&o, "why", e->why);
	put_part(&o, "cure", e->cure);
	json_i64(&o, "exit_status", status);
	json_close_object(&o);
	return json_out_text(&o);
}
